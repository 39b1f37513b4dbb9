"""What a mention means: language, sentiment, act, urgency and the people named, each with the words that say so."""
