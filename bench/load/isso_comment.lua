-- A comment of its own with each request, for Isso.
dofile(os.getenv("REPORT"))
local n = tonumber(os.getenv("FIRST"))

wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"

function request()
   n = n + 1
   return wrk.format(nil, nil, nil, '{"author": "Reader ' .. n .. '", "title": "A post", "text": "Comment number ' .. n .. '"}')
end
