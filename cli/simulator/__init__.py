"""A stand-in for Meta's Graph API and for the customers who write to a business on WhatsApp."""
