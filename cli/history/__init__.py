"""The history of one stream as people read it: its phases, and a phrase for each event. Pure."""
