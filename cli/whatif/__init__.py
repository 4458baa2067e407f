"""What a recorded history would have been under another policy. Pure: no effect is possible.

The jobs of a recording arrive again in virtual time (`run`). The rules, decisions and fold of
`shared.domain` act on them under the changed policy (`control_plane`). What GitHub, ECS and the
jobs do is taken from the recording where it happened there, and otherwise assumed (`outside`).
"""
