package io.nightshift.node.gateway;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Who changed what, from where, in the node's log under the logger `audit`: `key=value` pairs in one line,
/// each value that isn't plain in quotes.
public final class AuditLog {

    private static final Logger LOG = LoggerFactory.getLogger("audit");

    private AuditLog() {}

    /// @param action such as `submit` or `pause`
    /// @param subject the batch; of a submission that was refused, the job; null where neither is known
    /// @param outcome `done`, `refused`, `denied` or `failed`
    /// @param detail of who asked, or why; empty if there is none
    public static void tell(Caller caller, String action, @Nullable String subject, String outcome, String detail) {
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

    /// So that nobody writes a line of their own into the log.
    private static String quoted(String value) {
        if (value.matches("[A-Za-z0-9_@%+:,./-]+")) {
            return value;
        }
        return '"' + value.replaceAll("\\p{Cntrl}+", " ").replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
