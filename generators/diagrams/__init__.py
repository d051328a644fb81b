"""Pictures of a saga: its state machine, the flow over the teams, the sequence of one failure."""
