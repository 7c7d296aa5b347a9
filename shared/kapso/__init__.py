"""Kapso's wire shapes: messages, conversations and contacts as the clients written for Kapso read them."""
