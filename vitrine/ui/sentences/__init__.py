"""What figures mean, in sentences that reports, cards and the app share: what enters is records and a language."""
