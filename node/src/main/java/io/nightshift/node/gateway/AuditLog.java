package io.nightshift.node.gateway;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Logs who changed what, from which address, under the logger `audit`: one line of `key=value` pairs, with
/// quotes where a value needs them.
public final class AuditLog {

    private static final Logger LOG = LoggerFactory.getLogger("audit");

    private AuditLog() {}

    /// @param action such as `submit` or `pause`
    /// @param subject the batch, or the job of a refused submission, or null if neither is known
    /// @param outcome `done`, `refused`, `denied` or `failed`
    /// @param detail the reason or the key, or empty
    public static void log(Caller caller, String action, @Nullable String subject, String outcome, String detail) {
        Map<String, String> pairs = new LinkedHashMap<>();
        pairs.put("action", action);
        pairs.put("subject", subject == null ? "-" : subject);
        pairs.put("outcome", outcome);
        pairs.put("who", caller.name());
        pairs.put("role", caller.role().toString());
        pairs.put("from", caller.address());
        if (!detail.isEmpty()) {
            pairs.put("detail", detail);
        }
        StringJoiner line = new StringJoiner(" ");
        pairs.forEach((key, value) -> line.add(key + "=" + quoted(value)));
        LOG.info("{}", line);
    }

    /// Logs a change that was refused before it began.
    public static void refused(Caller caller, String action, @Nullable String subject, ProblemException refusal) {
        log(caller, action, subject, "refused", refusal.problem().detail());
    }

    /// Quotes, so that a caller can't forge a line of the log.
    private static String quoted(String value) {
        if (value.matches("[A-Za-z0-9_@%+:,./-]+")) {
            return value;
        }
        return '"' + value.replaceAll("\\p{Cntrl}+", " ").replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
