package io.nightshift.protocol.register;

/// Permits a submission for a few seconds. The batch register issues it just before the submission is sent.
/// So a submission that arrives late, for example because the register moved to another node, opens nothing:
/// its caller has stopped waiting.
///
/// Only the register that issued the ticket accepts it, and only by its own clock. So the clocks of the
/// cluster's nodes need not agree.
///
/// @param register the incarnation of the register that issued the ticket
/// @param nanos when the ticket was issued, on the monotonic clock of that register
public record SubmissionTicket(long register, long nanos) {}
