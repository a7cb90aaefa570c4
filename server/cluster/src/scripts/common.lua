-- Redis' own time, in milliseconds: the one clock that all nodes share.
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Whether an instance has its node's lease, which begins with its name.
local function has_lease(key, instance)
  local lease = redis.call('GET', key)
  return lease and string.sub(lease, 1, #instance + 1) == instance .. '\n'
end

-- Gives a room to an instance under a new fence, which is returned.
local function give(owner, fence, instance, owner_stays, fence_stays)
  local number = redis.call('INCR', fence)
  redis.call('PEXPIRE', fence, fence_stays)
  redis.call('HSET', owner, 'instance', instance, 'fence', number)
  redis.call('PEXPIRE', owner, owner_stays)
  return number
end

