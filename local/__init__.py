"""The local stack: runs the whole fleet on one machine, with emulators of AWS and GitHub."""
