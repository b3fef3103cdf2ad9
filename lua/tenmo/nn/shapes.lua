-- shapes.lua: layers that put borders on, resize, and turn channels into pixels.
local check = require 'tenmo.options'
local expect = require 'tenmo.nn.expect'
local family = require 'tenmo.nn.family'
local raise = require 'tenmo.raise'
local tenmo = require 'tenmo'

local layers, new = family()

-- nn.ZeroPad2d(n) or ({ left, right, top, bottom }): so much before and behind of the last axis, of that before it ...
local function pad(name, axes, mode)
    local class = new(name)
    local takes_value = name:find '^Constant'
    function class:init(sizes, value)
        if value ~= nil and not (takes_value and type(value) == 'number') then
            raise('%s: %s, got %s as well', name, takes_value and 'the value of a border is a number'
                or ('takes the sizes alone; nn.ConstantPad%dd takes a value'):format(axes), type(value))
        end
        local list = {}
        for i = 1, 2 * axes do
            list[i] = type(sizes) == 'table' and sizes[i] or sizes
            if type(list[i]) ~= 'number' then
                raise('%s: expected a number, or a list of %d: before and behind of each axis, the last one first; '
                    .. 'got %s', name, 2 * axes, type(sizes))
            end
        end
        self.sizes, self.options = list, { mode = mode, value = value }
    end
    function class:forward(x)
        if not tenmo.is_tensor(x) or x:dim() < axes + 1 then
            expect.another_input(name, ('(N, C, ...) or (C, ...) with %d axes behind the channels'):format(axes), x)
        end
        return x:pad(self.sizes, self.options)
    end
end

for axes = 1, 3 do
    pad(('ConstantPad%dd'):format(axes), axes)
    pad(('ZeroPad%dd'):format(axes), axes)
    pad(('ReflectionPad%dd'):format(axes), axes, 'reflect')
    pad(('ReplicationPad%dd'):format(axes), axes, 'replicate')
    pad(('CircularPad%dd'):format(axes), axes, 'circular')
end

-- nn.Upsample(size) or nn.Upsample{ size =, scale_factor =, mode = 'nearest', align_corners = false }
local KNOWN = { size = { 'number/table' }, scale_factor = { 'number/table' }, mode = { 'string' },
    align_corners = { 'boolean' } }

local function upsample(name, mode, aligned)
    local class = new(name)
    function class:init(size, options)
        if type(size) == 'table' and size[1] == nil then
            size, options = nil, size
        end
        local given = check(name, options, KNOWN)
        self.size = size or given.size
        if mode and (given.mode or given.align_corners ~= nil) then
            raise('%s: its mode is %s; nn.Upsample takes any', name, mode)
        end
        given.size = nil
        if (self.size == nil) == (given.scale_factor == nil) then
            raise('%s: expected a size or a scale_factor, got %s', name, self.size and 'both' or 'neither')
        end
        given.mode, given.align_corners = mode or given.mode, aligned or given.align_corners
        self.options = given
    end
    function class:forward(x)
        if self.size then
            return tenmo.interpolate(x, self.size, self.options)
        end
        return tenmo.interpolate(x, self.options)
    end
end

upsample 'Upsample'
upsample('UpsamplingNearest2d', 'nearest')
upsample('UpsamplingBilinear2d', 'bilinear', true)

for name, op in pairs { PixelShuffle = 'pixel_shuffle', PixelUnshuffle = 'pixel_unshuffle' } do
    local class = new(name)
    function class:init(factor)
        self.factor = type(factor) == 'number' and factor or raise('%s: expected a factor, got %s', name, type(factor))
    end
    function class:forward(x)
        return tenmo[op](x, self.factor)
    end
end

return layers
