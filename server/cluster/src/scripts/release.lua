-- A room has ended.
-- KEYS owner, rooms, journal, open, code (the owner again where there is none) · ARGV instance, room, fence
local owner = redis.call('HMGET', KEYS[1], 'instance', 'fence')
if owner[1] ~= ARGV[1] or owner[2] ~= ARGV[3] then return 0 end
redis.call('HDEL', KEYS[2], ARGV[2])
redis.call('ZREM', KEYS[4], ARGV[2])
redis.call('DEL', KEYS[3], KEYS[1], KEYS[5])
return 1
