"""The Courier Cat: one parcel, one wet night, one shadow that follows, and what it wanted."""
