"""The Lighthouse and the Whale: an old keeper, a thieving gull, one bad night, and a thank-you."""
