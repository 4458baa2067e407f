"""DynamoDB Local, AWS's DynamoDB emulator: `install` installs it, `server` runs it."""
