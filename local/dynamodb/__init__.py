"""DynamoDB Local, AWS's own engine, as the local stack's DynamoDB: `install` and `server`."""
