"""What a button and a command share: whole jobs as functions, without arguments, prompts or pages of an app."""
