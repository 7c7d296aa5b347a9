"""Meta's Cloud API: the shapes of its webhooks, its wamids, and the calls we make."""
