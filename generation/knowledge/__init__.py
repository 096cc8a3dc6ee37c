"""What is known beyond a video's own comments: facts about its keywords, and what other videos' viewers wrote."""
