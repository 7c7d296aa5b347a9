"""Files of strangers: looked into and converted, each by a process of its own that they cannot harm us from."""
