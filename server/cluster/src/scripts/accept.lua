-- A room is handed over by its owner, and taken by another node.
-- KEYS own node, owner, rooms of the owner, own rooms, fence · ARGV instance, room, its fence, the owner, record, stays, fence stays
if not has_lease(KEYS[1], ARGV[1]) then return {'lapsed'} end
local owner = redis.call('HMGET', KEYS[2], 'instance', 'fence')
-- The answer to this was lost.
if owner[1] == ARGV[1] then return {'taken', owner[2], ARGV[5]} end
if owner[1] ~= ARGV[4] or owner[2] ~= ARGV[3] then return {'changed'} end
local fence = give(KEYS[2], KEYS[5], ARGV[1], ARGV[6], ARGV[7])
redis.call('HDEL', KEYS[3], ARGV[2])
redis.call('HSET', KEYS[4], ARGV[2], ARGV[5])
redis.call('PEXPIRE', KEYS[4], ARGV[6])
return {'taken', tostring(fence), ARGV[5]}
