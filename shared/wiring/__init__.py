"""Where ports meet their adapters. Nothing is made on import; a cold function asks once."""
