-- KEYS owner, journal · ARGV instance, fence, stays, then for each piece whether it begins anew, and its bytes
local owner = redis.call('HMGET', KEYS[1], 'instance', 'fence')
if owner[1] ~= ARGV[1] or owner[2] ~= ARGV[2] then return 0 end
for index = 4, #ARGV, 2 do
  local id = redis.call('XADD', KEYS[2], '*', 's', ARGV[index], 'b', ARGV[index + 1])
  -- What is behind a keyframe is enough to go on from.
  if ARGV[index] == '1' then redis.call('XTRIM', KEYS[2], 'MINID', id) end
end
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return 1
