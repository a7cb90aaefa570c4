-- KEYS own node, owner, rooms of the dead, own rooms, fence, nodes, node of the dead, votes
-- ARGV instance, room, fence that the dead had, the dead, lease, remembered, stays, fence stays, tenure
if not has_lease(KEYS[1], ARGV[1]) then return {'lapsed'} end
local owner = redis.call('HMGET', KEYS[2], 'instance', 'fence')
-- The answer to this was lost.
if owner[1] == ARGV[1] then return {'taken', owner[2], redis.call('HGET', KEYS[4], ARGV[2]) or ''} end
if owner[1] ~= ARGV[4] or owner[2] ~= ARGV[3] then
  redis.call('HDEL', KEYS[3], ARGV[2])
  return {'changed'}
end
local time = now()
local seen = tonumber(redis.call('ZSCORE', KEYS[6], ARGV[4]) or '0')
if has_lease(KEYS[7], ARGV[4]) or seen + ARGV[9] >= time then return {'alive'} end
-- Half of the nodes that there are, or were until a moment ago, have to be steady here: else this may be the part
-- of the cluster that is cut off.
local names, known, votes = {}, 0, 0
for _, instance in ipairs(redis.call('ZRANGEBYSCORE', KEYS[6], time - ARGV[6], '+inf')) do
  local name = string.match(instance, '^(.*)@') or instance
  if not names[name] then known = known + 1 end
  names[name] = true
end
for _, instance in ipairs(redis.call('ZRANGEBYSCORE', KEYS[8], '(' .. (time - ARGV[5]), '+inf')) do
  votes = votes + 1
end
if votes * 2 < known then return {'minority'} end
local fence = give(KEYS[2], KEYS[5], ARGV[1], ARGV[7], ARGV[8])
local record = redis.call('HGET', KEYS[3], ARGV[2]) or ''
redis.call('HDEL', KEYS[3], ARGV[2])
redis.call('HSET', KEYS[4], ARGV[2], record)
redis.call('PEXPIRE', KEYS[4], ARGV[7])
return {'taken', tostring(fence), record}
