-- An instance names the rooms that it has. Those that are somebody else's by now are returned.
-- KEYS rooms, then the owner of each room · ARGV instance, stays, then for each room its id, fence and record
local lost = {}
for index = 2, #KEYS do
  local at = 3 + (index - 2) * 3
  local room, fence, record = ARGV[at], tonumber(ARGV[at + 1]), ARGV[at + 2]
  local owner = redis.call('HMGET', KEYS[index], 'instance', 'fence')
  local theirs = tonumber(owner[2] or '0') or 0
  if not owner[1] or theirs < fence or (owner[1] == ARGV[1] and theirs == fence) then
    redis.call('HSET', KEYS[index], 'instance', ARGV[1], 'fence', fence)
    redis.call('PEXPIRE', KEYS[index], ARGV[2])
    redis.call('HSET', KEYS[1], room, record)
  else
    redis.call('HDEL', KEYS[1], room)
    lost[#lost + 1] = room
  end
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return lost
