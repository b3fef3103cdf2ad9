-- layers.lua: what docs.lua says about layers with windows, normalisation and Dropout.
local AFFINE = 'eps:num=1e-5 affine:bool=true bias:bool=true dtype:dtype=float32'
local CONV = 'inputs:int outputs:int size:ints | stride:ints=1 padding:ints=0 dilation:ints=1 groups:int=1 '
    .. 'bias:bool=true init:name=kaiming_normal dtype:dtype=float32'
local BATCH = 'channels:int | eps:num=1e-5 momentum:num=0.1 affine:bool=true bias:bool=true dtype:dtype=float32'
local POOL = 'size:ints stride:ints? | padding:ints?'

return {
    ['nn.Conv1d'] = { CONV, "conv1d with weights of its own; padding = 'same' keeps the length",
        "nn.Conv1d(3, 8, 5, {padding = 'same'})(tenmo.zeros(2, 3, 10)).shape", '{ 2, 8, 10 }' },
    ['nn.Conv2d'] = { CONV, "conv2d with weights of its own; padding = 'same' keeps rows and columns",
        "nn.Conv2d(1, 32, 3, {padding = 'same'})(tenmo.zeros(2, 1, 28, 28)).shape", '{ 2, 32, 28, 28 }' },
    ['nn.Conv3d'] = { CONV, 'conv3d with weights of its own', 'nn.Conv3d(1, 2, 3)(tenmo.zeros(1, 1, 5, 6, 7)).shape',
        '{ 1, 2, 3, 4, 5 }' },
    ['nn.MaxPool1d'] = { POOL, 'the largest element of each window', 'nn.MaxPool1d(2)(tenmo.tensor{{1, 5, 2, 4}})',
        '[[5., 4.]]\nfloat32 (1, 2)' },
    ['nn.MaxPool2d'] = { POOL, 'the largest element of each window', 'nn.MaxPool2d(2)(tenmo.ones(8, 3, 6, 4)).shape',
        '{ 8, 3, 3, 2 }' },
    ['nn.AvgPool1d'] = { POOL, 'the mean of each window', 'nn.AvgPool1d(2)(tenmo.tensor{{1, 3, 2, 4}})',
        '[[2., 3.]]\nfloat32 (1, 2)' },
    ['nn.AvgPool2d'] = { POOL, 'the mean of each window', 'nn.AvgPool2d(2)(tenmo.ones(8, 3, 6, 4)).shape',
        '{ 8, 3, 3, 2 }' },
    ['nn.AdaptiveAvgPool1d'] = { 'size:ints', 'the means of so many windows',
        'nn.AdaptiveAvgPool1d(2)(tenmo.tensor{{1, 3, 2, 4}})', '[[2., 3.]]\nfloat32 (1, 2)' },
    ['nn.AdaptiveAvgPool2d'] = { 'size:ints', 'the means of so many windows',
        'nn.AdaptiveAvgPool2d(1)(tenmo.ones(8, 3, 6, 4)).shape', '{ 8, 3, 1, 1 }' },
    ['nn.BatchNorm1d'] = { BATCH, 'each channel of (N, C) or (N, C, L) at mean 0 and variance 1: those of the batch '
        .. 'while it is trained, running ones after model:eval()',
        'nn.BatchNorm1d(2)(tenmo.tensor{{1, 10}, {3, 30}}).shape', '{ 2, 2 }' },
    ['nn.BatchNorm2d'] = { BATCH, 'the same for (N, C, H, W)', 'nn.BatchNorm2d(3)(tenmo.ones(4, 3, 5, 5)).shape',
        '{ 4, 3, 5, 5 }' },
    ['nn.LayerNorm'] = { 'size:ints | ' .. AFFINE, 'the last axes, of this size, at mean 0 and variance 1',
        'nn.LayerNorm(3)(tenmo.ones(4, 3)).shape', '{ 4, 3 }' },
    ['nn.RMSNorm'] = { 'size:ints | eps:num? affine:bool=true dtype:dtype=float32',
        'x over the root of the mean of its squares, over the last axes, which have this size',
        'nn.RMSNorm(3)(tenmo.ones(4, 3)).shape', '{ 4, 3 }' },
    ['nn.GroupNorm'] = { 'groups:int channels:int | ' .. AFFINE,
        'each group of channels of each sample at mean 0 and variance 1',
        'nn.GroupNorm(2, 4)(tenmo.ones(3, 4, 5)).shape', '{ 3, 4, 5 }' },
    ['nn.Dropout'] = { 'p:num=0.5', 'each element is 0 with probability p, and over (1 - p) otherwise, while it is '
        .. 'trained; nothing after model:eval()',
        'nn.Dropout(0.5):eval()(tenmo.ones(3))', '[1., 1., 1.]\nfloat32 (3)' },
}
