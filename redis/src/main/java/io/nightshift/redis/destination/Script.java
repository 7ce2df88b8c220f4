package io.nightshift.redis.destination;

import static io.nightshift.redis.RedisConnection.bytes;

import io.nightshift.protocol.failure.FailureException;
import io.nightshift.redis.RedisConnection;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Protocol.Command;

/// The steps that the server makes as a whole. Each begins with the question whether it may still be made, so that
/// a coordinator or an attempt that wakes up late changes nothing. An error does not undo what a script has
/// done, so the calls that could fail come first.
///
/// The arguments of all are `name`, the destination's, and `number`, the batch's; those of attempts are followed by
/// `partition` and `epoch`. An epoch is a text of digits whose order is that of the epochs.
enum Script {
    /// Gives a batch a number, unless it has one. Arguments: `name`, `0`, the batch's ID, then fields and values of
    /// its state. The result is the number.
    PREPARE("""
            local number = redis.call('HGET', own .. ':batches', ARGV[3])
            if not number then
              number = redis.call('INCR', own .. ':numbers')
              redis.call('HSET', own .. ':' .. number, 'state', 'open', 'publisher', '0', 'version', '0', unpack(ARGV, 4))
              redis.call('HSET', own .. ':batches', ARGV[3], number)
            end
            return tonumber(number)
            """),
    /// Takes the right to publish from coordinators of lower incarnations. Argument: the incarnation. The
    /// result is 1 if it has that right.
    FENCE("""
            if state ~= 'open' then return 0 end
            if tonumber(redis.call('HGET', batch, 'publisher')) > tonumber(ARGV[3]) then return 0 end
            redis.call('HSET', batch, 'publisher', ARGV[3])
            return 1
            """),
    /// Publishes. Arguments: the incarnation, the version of the parts that were compared with the ledger,
    /// the manifest, the batch's ID, its place in the order of batches, then fields and values that describe
    /// it to readers. The result is 1, 0 if another coordinator may publish or the batch is over, or -1 if
    /// the parts have changed.
    PUBLISH("""
            if state ~= 'open' or redis.call('HGET', batch, 'publisher') ~= ARGV[3] then return 0 end
            if redis.call('HGET', batch, 'version') ~= ARGV[4] then return -1 end
            redis.call('HSET', records, 'batch_id', ARGV[6], unpack(ARGV, 8))
            redis.call('ZADD', own .. ':published', ARGV[7], ARGV[6])
            redis.call('HSET', batch, 'state', 'published', 'manifest', ARGV[5])
            point()
            return 1
            """),
    /// Takes a batch from readers. Argument: the batch's ID. The result is 1 if it was published.
    UNPUBLISH("""
            if state ~= 'published' then return 0 end
            redis.call('HSET', batch, 'state', 'removed')
            redis.call('ZREM', own .. ':published', ARGV[3])
            redis.call('DEL', records)
            point()
            return 1
            """),
    /// Ends a batch that isn't published. Argument: 1 to keep its quarantined rows. The result is 1, or 0 if
    /// the batch was published.
    CANCEL("""
            if state ~= 'open' and state ~= 'cancelled' then return 0 end
            redis.call('HSET', batch, 'state', 'cancelled')
            if ARGV[3] == '1' then redis.call('HSET', batch, 'keeps_quarantine', '1') end
            return 1
            """),
    /// Removes some records of a partition of a batch that is over. Argument: the partition. The result is
    /// how many.
    REMOVE("""
            if state ~= 'cancelled' and state ~= 'removed' then return 0 end
            return clear(ARGV[3])
            """),
    /// Removes what is left of a batch that is over, once its partitions are empty. Arguments: the batch's
    /// ID, and 1 to keep its state.
    FORGET("""
            if state ~= 'cancelled' and state ~= 'removed' then return 0 end
            redis.call('DEL', records, batch .. ':held', batch .. ':parts')
            if ARGV[4] ~= '1' then
              redis.call('DEL', batch)
              redis.call('HDEL', own .. ':batches', ARGV[3])
            end
            return 1
            """),
    /// Removes what an attempt has staged that was not kept, unless it belongs to an open supplement.
    /// Arguments: the partition, and the epoch of its holder.
    UNSTAGE("""
            if redis.call('HGET', batch .. ':held', ARGV[3]) ~= ARGV[4] then return 0 end
            if state == 'published' and redis.call('HGET', batch, 'supplement') == ARGV[3] then return 0 end
            unstage(ARGV[3], ARGV[4])
            redis.call('HDEL', batch .. ':held', ARGV[3])
            return 1
            """),
    /// Opens the partition of a supplement of a published batch, and removes what its holder has staged.
    /// Arguments: the partition, an epoch before those of the coordinator's attempts, and the incarnation.
    /// The result is 1, or 0 if a later coordinator has opened a supplement or added one, or readers don't
    /// see the batch.
    OPEN("""
            if state ~= 'published' then return 0 end
            if tonumber(redis.call('HGET', batch, 'publisher')) > tonumber(ARGV[5]) then return 0 end
            local opened = redis.call('HGET', batch, 'supplement')
            local holder = opened and redis.call('HGET', batch .. ':held', opened)
            if holder and holder > ARGV[4] then return 0 end
            if not seize(ARGV[3], ARGV[4]) then return 0 end
            redis.call('HSET', batch, 'supplement', ARGV[3])
            redis.call('HDEL', batch, 'supplement_part')
            return 1
            """),
    /// Keeps the attempt of a supplement, whose rows stay staged. Arguments: the number of records, that of
    /// quarantined rows, and what is recorded of the partition. The result is 1, 0 if the attempt doesn't
    /// hold its partition, -1 if rows are missing, or the ID of a record that is there already.
    KEEP_SUPPLEMENT("""
            if not holds() then return 0 end
            if redis.call('LLEN', batch .. ':bad:' .. ARGV[3] .. ':' .. ARGV[4]) ~= tonumber(ARGV[6]) then return -1 end
            local rows = pieces(ARGV[3], ARGV[4])
            if #rows ~= tonumber(ARGV[5]) then return -1 end
            local double = present(rows)
            if double then return double end
            redis.call('HSET', batch, 'supplement_part', ARGV[7])
            return 1
            """),
    /// Publishes a supplement. Arguments: the incarnation, the manifest that it follows, its manifest, the
    /// partition, the epoch, `hash` or `json`, what is recorded of the partition, and the numbers of
    /// records and of quarantined rows that the batch has then. The result is 1, 0 if another coordinator
    /// has added rows or the batch is over, -1 if the rows are gone, or the ID of a record that is there
    /// already.
    SUPPLEMENT("""
            if state ~= 'published' then return 0 end
            if tonumber(redis.call('HGET', batch, 'publisher')) > tonumber(ARGV[3]) then return 0 end
            if redis.call('HGET', batch, 'manifest') ~= ARGV[4] then return 0 end
            local partition, epoch = ARGV[6], ARGV[7]
            if redis.call('HGET', batch .. ':held', partition) ~= epoch then return -1 end
            if redis.call('HGET', batch, 'supplement_part') ~= ARGV[9] then return -1 end
            local rows = pieces(partition, epoch)
            local double = present(rows)
            if double then return double end
            for i, row in ipairs(rows) do redis.call('RPUSH', batch .. ':ids:' .. partition, row[1]) end
            for i, row in ipairs(rows) do
              if ARGV[8] == 'json' then
                redis.call('SET', records .. ':' .. row[1], row[2])
              else
                redis.call('HSET', records .. ':' .. row[1], unpack(row, 2))
              end
            end
            for i, earlier in ipairs(redis.call('HKEYS', batch .. ':parts')) do
              redis.call('UNLINK', batch .. ':quarantine:' .. earlier)
            end
            local bad = batch .. ':bad:' .. partition .. ':' .. epoch
            if redis.call('EXISTS', bad) == 1 then redis.call('RENAME', bad, batch .. ':quarantine:' .. partition) end
            redis.call('HSET', batch .. ':parts', partition, ARGV[9])
            redis.call('HSET', records, 'predictions', ARGV[10], 'quarantined', ARGV[11])
            redis.call('HSET', batch, 'publisher', ARGV[3], 'manifest', ARGV[5])
            redis.call('HINCRBY', batch, 'version', 1)
            close(partition, epoch)
            return 1
            """),
    /// Takes the right to add rows to a published batch from coordinators of lower incarnations. Arguments: the
    /// incarnation, and the highest epoch of its attempts. The result is 0 if a later coordinator has that
    /// right, or has opened a supplement, and otherwise 1, also if readers don't see the batch.
    FENCE_SUPPLEMENT("""
            if state ~= 'published' then return 1 end
            if tonumber(redis.call('HGET', batch, 'publisher')) > tonumber(ARGV[3]) then return 0 end
            local opened = redis.call('HGET', batch, 'supplement')
            local holder = opened and redis.call('HGET', batch .. ':held', opened)
            if holder and holder > ARGV[4] then return 0 end
            redis.call('HSET', batch, 'publisher', ARGV[3])
            return 1
            """),
    /// Removes what is staged of a supplement. Argument: the highest epoch whose attempt may be removed.
    DISCARD_SUPPLEMENT("""
            local partition = redis.call('HGET', batch, 'supplement')
            if state ~= 'published' or not partition then return 0 end
            local holder = redis.call('HGET', batch .. ':held', partition)
            if holder and holder > ARGV[3] then return 0 end
            close(partition, holder)
            return 1
            """),
    /// Claims a partition, and removes what its holder has staged. The result is 0 if a later attempt holds the
    /// partition, 2 if the partition is a supplement, and otherwise 1.
    CLAIM("""
            if not open(ARGV[3]) or not seize(ARGV[3], ARGV[4]) then return 0 end
            return state == 'open' and 1 or 2
            """),
    /// Adds to what an attempt has staged. Arguments: `staged` or `bad`, then what is added. The result is 1,
    /// or 0 if the attempt doesn't hold its partition.
    APPEND("""
            if not holds() then return 0 end
            redis.call('RPUSH', batch .. ':' .. ARGV[5] .. ':' .. ARGV[3] .. ':' .. ARGV[4], unpack(ARGV, 6))
            return 1
            """),
    /// Begins to replace what an earlier attempt has kept: removes some of its records. The result is how
    /// many, or -1 if the attempt doesn't hold its partition.
    REPLACE("""
            if not holds() then return -1 end
            if redis.call('HDEL', batch .. ':parts', ARGV[3]) == 1 then redis.call('HINCRBY', batch, 'version', 1) end
            return clear(ARGV[3])
            """),
    /// Turns some of what an attempt has staged into records. Argument: `hash` or `json`. The result is the
    /// number of records, 0 at the end, -1 if the attempt doesn't hold its partition, or the ID of a record
    /// that is there already.
    STORE("""
            if not holds() then return -1 end
            local staged = redis.call('LPOP', batch .. ':staged:' .. ARGV[3] .. ':' .. ARGV[4])
            if not staged then return 0 end
            local rows = cmsgpack.unpack(staged)
            local ids, keys = {}, {}
            for i, row in ipairs(rows) do
              ids[i] = row[1]
              keys[i] = records .. ':' .. row[1]
            end
            if redis.call('EXISTS', unpack(keys)) > 0 then
              for i, key in ipairs(keys) do
                if redis.call('EXISTS', key) == 1 then return ids[i] end
              end
            end
            local stored, double = {}, nil
            for i, row in ipairs(rows) do
              local isNew
              if ARGV[5] == 'json' then
                isNew = redis.call('SET', keys[i], row[2], 'NX')
              else
                isNew = redis.call('HSET', keys[i], unpack(row, 2)) == (#row - 1) / 2
              end
              if not isNew then
                double = ids[i]
                break
              end
              stored[i] = ids[i]
            end
            redis.call('RPUSH', batch .. ':ids:' .. ARGV[3], unpack(stored))
            return double or #rows
            """),
    /// Copies some records of a partition of a published batch, and with the first ones its quarantined rows.
    /// Arguments: the number of that batch, the position of the first record, and how many to copy. The result
    /// is the number of records, 0 if there are none or one of them is gone, or -1 if the attempt doesn't hold
    /// its partition.
    REUSE("""
            if not holds() then return -1 end
            local source, original, first = own .. ':' .. ARGV[5], ARGV[1] .. ':' .. ARGV[5] .. ':', tonumber(ARGV[6])
            if redis.call('HGET', source, 'state') ~= 'published' then return 0 end
            if first == 0 then
              redis.call('COPY', source .. ':quarantine:' .. ARGV[3], batch .. ':bad:' .. ARGV[3] .. ':' .. ARGV[4])
            end
            local ids = redis.call('LRANGE', source .. ':ids:' .. ARGV[3], first, first + ARGV[7] - 1)
            if #ids == 0 then return 0 end
            local keys = {}
            for i, id in ipairs(ids) do keys[i] = original .. id end
            if redis.call('EXISTS', unpack(keys)) < #ids then return 0 end
            redis.call('RPUSH', batch .. ':ids:' .. ARGV[3], unpack(ids))
            for i, id in ipairs(ids) do
              if redis.call('COPY', keys[i], records .. ':' .. id) == 0 then return 0 end
            end
            return #ids
            """),
    /// Counts the existing ones among some records of a partition. A record may have been deleted, or have expired
    /// if it was given a time to live. Arguments: the partition, the position of the first record, and how many to
    /// look for.
    COUNT("""
            local ids = redis.call('LRANGE', batch .. ':ids:' .. ARGV[3], ARGV[4], ARGV[4] + ARGV[5] - 1)
            if #ids == 0 then return 0 end
            for i, id in ipairs(ids) do ids[i] = records .. ':' .. id end
            return redis.call('EXISTS', unpack(ids))
            """),
    /// Keeps an attempt. Arguments: the number of records, that of quarantined rows, and what is recorded of the
    /// partition. The result is 1, or 0 if the attempt doesn't hold its partition, or -1 if rows are missing.
    KEEP("""
            if not holds() then return 0 end
            local bad, quarantine = batch .. ':bad:' .. ARGV[3] .. ':' .. ARGV[4], batch .. ':quarantine:' .. ARGV[3]
            if redis.call('LLEN', batch .. ':ids:' .. ARGV[3]) ~= tonumber(ARGV[5]) then return -1 end
            if redis.call('LLEN', bad) ~= tonumber(ARGV[6]) then return -1 end
            redis.call('UNLINK', quarantine)
            if redis.call('EXISTS', bad) == 1 then redis.call('RENAME', bad, quarantine) end
            redis.call('HSET', batch .. ':parts', ARGV[3], ARGV[7])
            redis.call('HINCRBY', batch, 'version', 1)
            return 1
            """);

    /// Records that one step removes.
    static final int REMOVED = 1000;

    /// The beginning of the scripts of all steps.
    private static final class Begin {
        static final String TEXT = """
                local own = 'nightshift:' .. ARGV[1]
                local batch = own .. ':' .. ARGV[2]
                local records = ARGV[1] .. ':' .. ARGV[2]
                local state = redis.call('HGET', batch, 'state')
                local function open(partition)
                  if state == 'open' then return true end
                  return state == 'published' and redis.call('HGET', batch, 'supplement') == partition
                    and not redis.call('HGET', batch, 'supplement_part')
                end
                local function holds()
                  return open(ARGV[3]) and redis.call('HGET', batch .. ':held', ARGV[3]) == ARGV[4]
                end
                local function unstage(partition, epoch)
                  redis.call('UNLINK', batch .. ':staged:' .. partition .. ':' .. epoch, batch .. ':bad:' .. partition .. ':' .. epoch)
                end
                local function seize(partition, epoch)
                  local holder = redis.call('HGET', batch .. ':held', partition)
                  if holder and holder > epoch then return false end
                  if holder then unstage(partition, holder) end
                  redis.call('HSET', batch .. ':held', partition, epoch)
                  return true
                end
                local function close(partition, epoch)
                  if epoch then unstage(partition, epoch) end
                  redis.call('HDEL', batch .. ':held', partition)
                  redis.call('HDEL', batch, 'supplement', 'supplement_part')
                end
                local function pieces(partition, epoch)
                  local rows = {}
                  for i, piece in ipairs(redis.call('LRANGE', batch .. ':staged:' .. partition .. ':' .. epoch, 0, -1)) do
                    for j, row in ipairs(cmsgpack.unpack(piece)) do rows[#rows + 1] = row end
                  end
                  return rows
                end
                local function present(rows)
                  local seen = {}
                  for i, row in ipairs(rows) do
                    if seen[row[1]] or redis.call('EXISTS', records .. ':' .. row[1]) == 1 then return row[1] end
                    seen[row[1]] = true
                  end
                  return nil
                end
                local function clear(partition)
                  local ids = redis.call('LPOP', batch .. ':ids:' .. partition, %d)
                  if not ids then return 0 end
                  for i, id in ipairs(ids) do ids[i] = records .. ':' .. id end
                  redis.call('UNLINK', unpack(ids))
                  return #ids
                end
                local function point()
                  local newest = redis.call('ZREVRANGE', own .. ':published', 0, 0)[1]
                  if newest then
                    redis.call('SET', ARGV[1] .. ':latest', ARGV[1] .. ':' .. redis.call('HGET', own .. ':batches', newest))
                  else
                    redis.call('DEL', ARGV[1] .. ':latest')
                  end
                end
                """.formatted(REMOVED);
    }

    private final String text;
    private final String sha1;

    Script(String body) {
        this.text = Begin.TEXT + body;
        this.sha1 = sha1(text);
    }

    private static String sha1(String text) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(bytes(text)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /// Sends the step. Its result is read later.
    void send(RedisConnection connection, Object... arguments) {
        List<Object> all = new ArrayList<>(List.of(sha1, "0"));
        all.addAll(List.of(arguments));
        connection.send(Command.EVALSHA, all.toArray());
    }

    /// Makes the step.
    @Nullable
    Object run(RedisConnection connection, Object... arguments) {
        send(connection, arguments);
        try {
            return connection.read();
        } catch (FailureException e) {
            if (!String.valueOf(e.getMessage()).contains("NOSCRIPT")) {
                throw e;
            }
            List<Object> all = new ArrayList<>(List.of(text, "0"));
            all.addAll(List.of(arguments));
            return connection.call(Command.EVAL, all.toArray());
        }
    }

    /// Makes the step, whose result is a number.
    long number(RedisConnection connection, Object... arguments) {
        return RedisConnection.asNumber(run(connection, arguments));
    }
}
