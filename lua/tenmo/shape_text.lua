-- shape_text.lua: a shape as messages write it: (), (3), (3, 4).
return function(shape)
    return '(' .. table.concat(shape, ', ') .. ')'
end
