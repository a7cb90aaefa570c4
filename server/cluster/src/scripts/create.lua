-- KEYS node, owner, rooms, fence, once, code (the owner again where there is none)
-- ARGV instance, room, record, stays, fence stays, once stays, has code
local before = redis.call('GET', KEYS[5])
if before then return {'again', before} end
if not has_lease(KEYS[1], ARGV[1]) then return {'lapsed'} end
if redis.call('EXISTS', KEYS[2]) == 1 then return {'exists'} end
if ARGV[7] == '1' and redis.call('EXISTS', KEYS[6]) == 1 then return {'exists'} end
local fence = give(KEYS[2], KEYS[4], ARGV[1], ARGV[4], ARGV[5])
redis.call('HSET', KEYS[3], ARGV[2], ARGV[3])
redis.call('PEXPIRE', KEYS[3], ARGV[4])
redis.call('SET', KEYS[5], ARGV[2] .. ' ' .. fence .. ' ' .. ARGV[1], 'PX', ARGV[6])
if ARGV[7] == '1' then redis.call('SET', KEYS[6], ARGV[2], 'PX', ARGV[4]) end
return {'created', tostring(fence)}
