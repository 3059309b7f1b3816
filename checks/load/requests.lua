-- What wrk asks for: `KIND FILE`, where KIND is `read` or `book` and each line of FILE has a token and a task's id.
-- One line after the other; every booked track has times of its own.

local tokens, tasks, kind, next, threads = {}, {}, nil, 0, 0

function setup(thread)
  thread:set("id", threads)
  threads = threads + 1
end

function init(arguments)
  kind = arguments[1]
  for line in io.lines(arguments[2]) do
    local token, task = line:match("(%S+) (%S+)")
    tokens[#tokens + 1] = "Bearer " .. token
    tasks[#tasks + 1] = "/api/v1/tasks/" .. task
  end
end

function request()
  next = next + 1
  local place = next % #tokens + 1
  local headers = { Authorization = tokens[place], ["Content-Type"] = "application/json" }
  if kind == "read" then
    return wrk.format("GET", tasks[place], headers)
  end
  local start = 1600000000000 + (id * 50000000 + next) * 1000
  local body = '{"start":' .. start .. ',"end":' .. start + 1000 .. "}"
  return wrk.format("POST", tasks[place] .. "/tracks", headers, body)
end

function done(summary, latency)
  local refused = summary.errors.status + summary.errors.timeout + summary.errors.connect + summary.errors.read
  io.write(string.format("%d %.2f %.2f %d\n", summary.requests * 1000000 / summary.duration,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, refused))
end
