-- For wrk, with one thread: so many requests a second over all connections, however long answers take.
-- With the token in the environment variable NIGHTSHIFT_TOKEN, if it is set.
--   wrk --threads 1 --connections N --script bench/http.lua URL -- RATE
local ffi = require("ffi")
ffi.cdef([[
    typedef struct { long seconds; long nanos; } moment;
    int clock_gettime(int clock, moment *now);
]])
local MONOTONIC = 1
local now = ffi.new("moment")
local interval, due

local function millis()
    ffi.C.clock_gettime(MONOTONIC, now)
    return tonumber(now.seconds) * 1e3 + tonumber(now.nanos) / 1e6
end

function init(arguments)
    interval = 1e3 / tonumber(arguments[1])
    local token = os.getenv("NIGHTSHIFT_TOKEN")
    if token then
        wrk.headers["Authorization"] = "Bearer " .. token
    end
    due = millis()
end

-- Milliseconds until the connection sends its next request.
function delay()
    due = due + interval
    return math.max(0, math.floor(due - millis()))
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format('{"requests":%d,"seconds":%.3f,"median":%.3f,"p99":%.3f,"errors":%d}\n',
        summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
        errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
