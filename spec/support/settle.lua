-- settle.lua: all garbage goes, for specs that compare what is alive. A compiled trace holds on to what it was compiled
-- for, and whether there is one depends on what ran before; what a first collection finalizes, the next one frees.
return function()
    require('jit').flush()
    for _ = 1, 3 do
        collectgarbage()
    end
end
