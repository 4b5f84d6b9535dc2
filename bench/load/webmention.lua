-- A webmention of its own with each request: source FIRST, FIRST + 1, … on a host of its own each.
dofile(os.getenv("REPORT"))
local n = tonumber(os.getenv("FIRST"))
local port, target = os.getenv("PORT"), os.getenv("TARGET")

wrk.method = "POST"
wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"

function request()
   n = n + 1
   local host = string.format("127.%d.%d.%d", 10 + math.floor(n / 62500) % 200, math.floor(n / 250) % 250, 1 + n % 250)
   return wrk.format(nil, nil, nil, "source=http%3A%2F%2F" .. host .. "%3A" .. port .. "%2Fnone%2F" .. n .. "&target=" .. target)
end
