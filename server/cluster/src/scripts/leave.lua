-- A node gives its lease back.
-- KEYS node, nodes, rooms · ARGV instance
if has_lease(KEYS[1], ARGV[1]) then redis.call('DEL', KEYS[1]) end
if redis.call('EXISTS', KEYS[3]) == 0 then redis.call('ZREM', KEYS[2], ARGV[1]) end
return 1
