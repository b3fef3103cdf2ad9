-- gradients.lua: what flows back through structured ops, in words; those with a formula have it in docs.lua.
-- g is the gradient that arrives, as wide as the result.
return {
    cast = 'x: g in the dtype of x',
    sum = 'x: g, spread over the axes that were summed',
    mean = 'x: g over their number, spread over the axes that were averaged',
    max = 'x: g at the largest element; over the whole tensor it is shared by all that are equal; else 0',
    min = 'x: g at the smallest element; over the whole tensor it is shared by all that are equal; else 0',
    reshape = 'x: g in the shape of x',
    view = 'x: g in the shape of x',
    transpose = 'x: g with the two axes exchanged back',
    t = 'x: g transposed',
    permute = 'x: g with its axes put back',
    squeeze = 'x: g in the shape of x',
    unsqueeze = 'x: g in the shape of x',
    expand = 'x: g summed over the axes that were repeated',
    slice = 'x: g put back where it was taken from, 0 elsewhere',
    assign_slice = 'x: g, but 0 where the value went; value: g from there',
    cat = 'each tensor: its part of g',
    index_select = 'x: g added to zeros at the ids',
    index_add = 'x: g; source: alpha * g at the ids',
    index_copy = 'x: g, but 0 at the ids; source: g at the ids, 0 for a slice that a later one replaced',
}
