-- For wrk: pairs of clock-in and clock-out, or reads of one task, with the credentials that checks/load wrote down.
local tokens, tasks, mode = {}, {}, os.getenv("MODE")
for line in io.lines(os.getenv("ORGS")) do
  local token, task = line:match("(%S+) (%S+)")
  tokens[#tokens + 1], tasks[#tasks + 1] = token, task
end

-- So many tasks are clocked in before the first of them is clocked out: with far fewer connections, it was answered.
local RING = 512
-- wrk asks for one request that it does not send.
local requests, number = {}, -2

function init()
  for place = 0, 2 * RING - 1 do
    local org = place % #tokens + 1
    local headers = { Authorization = "Bearer " .. tokens[org] }
    if mode == "read" then
      requests[place] = wrk.format("GET", "/api/v1/tasks/" .. tasks[org], headers)
    else
      local verb = place < RING and "clock-in" or "clock-out"
      local path = "/api/v1/tasks/by-name/load%20" .. place % RING .. "/" .. verb
      requests[place] = wrk.format("POST", path, headers)
    end
  end
end

function request()
  number = (number + 1) % (2 * RING)
  return requests[number]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("%9.0f/s %8.1f ms %8.1f ms %7d\n", summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
