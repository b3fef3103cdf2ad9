-- convolutions.lua: what docs.lua says about ops that move windows over a tensor.
return {
    conv1d = { shapes = 'x (N, C, L) or (C, L), weight (out, C / groups, K), bias (out) gives (N, out, L\'), '
        .. "L' = 1 + (L + 2 padding - dilation (K - 1) - 1) / stride",
        gradient = 'x: conv_transpose1d(g, weight)   weight: conv_weight(x, g)   bias: g summed but for its channels',
        'tenmo.conv1d(tenmo.tensor{{1, 2, 3, 4}}, tenmo.tensor{{{1, -1}}})', '[[-1., -1., -1.]]\nfloat32 (1, 3)' },
    conv2d = { shapes = 'x (N, C, H, W) or (C, H, W), weight (out, C / groups, KH, KW), bias (out) gives '
        .. "(N, out, H', W'); H' and W' as conv1d's L'",
        formula = 'y[n][o][i][j] = bias[o] + sum over c, k, l of weight[o][c][k][l] * '
        .. 'x[n][c][i * stride + k * dilation - padding][j * stride + l * dilation - padding]',
        gradient = 'x: conv_transpose2d(g, weight)   weight: conv_weight(x, g)   bias: g summed but for its channels',
        'tenmo.conv2d(tenmo.ones(8, 3, 28, 28), tenmo.ones(16, 3, 5, 5), {padding = 2, stride = 2}).shape',
        '{ 8, 16, 14, 14 }',
        mistake = { 'tenmo.conv2d(tenmo.ones(8, 1, 28, 28), tenmo.ones(16, 3, 5, 5))',
            'conv2d: x (8, 1, 28, 28) has 1 channels, and weight (16, 3, 5, 5) in 1 group takes 3: weight is '
            .. '(out, in / groups, H, W)' } },
    conv3d = { shapes = "x (N, C, D, H, W), weight (out, C / groups, KD, KH, KW) gives (N, out, D', H', W')",
        gradient = 'x: conv_transpose3d(g, weight)   weight: conv_weight(x, g)   bias: g summed but for its channels',
        'tenmo.conv3d(tenmo.ones(1, 2, 5, 6, 7), tenmo.ones(4, 2, 3, 3, 3)).shape', '{ 1, 4, 3, 4, 5 }' },
    conv_transpose1d = { shapes = 'x (N, C, L), weight (C, out / groups, K) gives (N, out, '
        .. '(L - 1) stride - 2 padding + dilation (K - 1) + 1 + output_padding)',
        gradient = 'x: conv1d(g, weight)   weight: conv_weight(g, x)   bias: g summed but for its channels',
        'tenmo.conv_transpose1d(tenmo.tensor{{1, 2}}, tenmo.tensor{{{1, 1, 1}}}, {stride = 2})',
        '[[1., 1., 3., 2., 2.]]\nfloat32 (1, 5)' },
    conv_transpose2d = { shapes = "x (N, C, H, W), weight (C, out / groups, KH, KW) gives (N, out, H', W'); "
        .. "H' and W' as in conv_transpose1d",
        gradient = 'x: conv2d(g, weight)   weight: conv_weight(g, x)   bias: g summed but for its channels',
        'tenmo.conv_transpose2d(tenmo.ones(1, 4, 7, 7), tenmo.ones(4, 2, 2, 2), {stride = 2}).shape',
        '{ 1, 2, 14, 14 }' },
    conv_transpose3d = { shapes = "x (N, C, D, H, W), weight (C, out / groups, KD, KH, KW) gives (N, out, D', H', W')",
        gradient = 'x: conv3d(g, weight)   weight: conv_weight(g, x)   bias: g summed but for its channels',
        'tenmo.conv_transpose3d(tenmo.ones(1, 2, 3, 3, 3), tenmo.ones(2, 1, 2, 2, 2)).shape', '{ 1, 1, 4, 4, 4 }' },
    conv_weight = { shapes = "x (N, C, ...), grad (N, out, ...) and size {K, ...} give (out, C / groups, K, ...)",
        gradient = 'x: conv_transpose(grad, g)   grad: conv(x, g)',
        'tenmo.conv_weight(tenmo.ones(2, 3, 8, 8), tenmo.ones(2, 5, 6, 6), {3, 3}).shape', '{ 5, 3, 3, 3 }' },
    max_pool1d = { shapes = '(N, C, L) or (C, L) gives (N, C, 1 + (L + 2 padding - dilation (size - 1) - 1) / stride)',
        gradient = 'x: g added to zeros where the largest elements were',
        'tenmo.tensor{{1, 5, 2, 4}}:max_pool1d(2)', '[[5., 4.]]\nfloat32 (1, 2)' },
    max_pool2d = { gives = 'tenmo.Tensor; tenmo.Tensor|nil', shapes = "(N, C, H, W) or (C, H, W) gives (N, C, H', W'); "
        .. "H' and W' as in max_pool1d; with ceil_mode = true a window that is cut off counts too",
        gradient = 'x: g added to zeros where the largest elements were',
        'tenmo.arange(16):float():reshape(1, 4, 4):max_pool2d(2)', '[[[ 5.,  7.],\n  [13., 15.]]]\nfloat32 (1, 2, 2)',
        mistake = { 'tenmo.ones(8, 3, 2, 2):max_pool2d(3)',
            'max_pool2d: x (8, 3, 2, 2): a window is 3 long there, and x, padded, only 2' } },
    max_pool3d = { shapes = "(N, C, D, H, W) gives (N, C, D', H', W')",
        gradient = 'x: g added to zeros where the largest elements were',
        'tenmo.ones(1, 2, 4, 6, 8):max_pool3d(2).shape', '{ 1, 2, 2, 3, 4 }' },
}
