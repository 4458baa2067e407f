"""What the operator's subscribers are notified of."""
