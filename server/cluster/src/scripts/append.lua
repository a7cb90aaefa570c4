-- KEYS owner, journal · ARGV instance, fence, stays, then for each piece whether it begins anew, and its bytes
local owner = redis.call('HMGET', KEYS[1], 'instance', 'fence')
-- Nobody's, or an older ownership's, after a loss of data: until it is claimed again.
if not owner[1] or (tonumber(owner[2] or '0') or 0) < tonumber(ARGV[2]) then return 2 end
if owner[1] ~= ARGV[1] or owner[2] ~= ARGV[2] then return 0 end
-- Nobody could go on from the middle alone.
if ARGV[4] ~= '1' and redis.call('EXISTS', KEYS[2]) == 0 then return 2 end
for index = 4, #ARGV, 2 do
  local id = redis.call('XADD', KEYS[2], '*', 's', ARGV[index], 'b', ARGV[index + 1])
  -- What is behind a keyframe is enough to go on from.
  if ARGV[index] == '1' then redis.call('XTRIM', KEYS[2], 'MINID', id) end
end
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return 1
