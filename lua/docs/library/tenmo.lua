---@meta tenmo
-- luacheck: ignore
-- Made by `tenmo-lua lua/docs/write.lua`; don't edit. For lua-language-server: lua/README.md says how.

---@alias tenmo.dtype 'bool'|'uint8'|'int32'|'int64'|'float16'|'bfloat16'|'float32'|'float64'

---@class tenmo.Module
---@field name string
---@field training boolean
---@field weight tenmo.Tensor
---@field bias tenmo.Tensor
---@field [integer] tenmo.Module
---@field [string] any
---@overload fun(x: tenmo.Tensor, ...): tenmo.Tensor
local Module = {}

---@class tenmo.Class
---@field [string] any
---@overload fun(...): tenmo.Module

---@class tenmo.Optimizer
---@field lr number
local Optimizer = {}

---@class tenmo.Set
---@field n integer
---@field x tenmo.Tensor
---@field y tenmo.Tensor
---@field images tenmo.Tensor
---@field labels tenmo.Tensor
---@field mean number
---@field std number
---@field y_mean number
---@field y_std number
---@field names string[]
---@field about string
local Set = {}

---@class tenmo.Table
---@field n integer
---@field x tenmo.Tensor
---@field y tenmo.Tensor
---@field task 'classify'|'regress'
---@field target string
---@field names string[]
---@field classes string[]
---@field left_out string[]
local Table = {}

---@class tenmo.Regex
local Regex = {}

---@class tenmo.Cleaner
---@field passes string[]
---@overload fun(text: string): string
local Cleaner = {}

---@class tenmo.Feed
local Feed = {}

---@class tenmo.Tokenizer
---@operator len: integer
local Tokenizer = {}

---@class tenmo.Batches
---@field position integer
---@overload fun(): tenmo.Tensor, tenmo.Tensor
local Batches = {}

---@class tenmo.Bar
---@field rounds integer
---@overload fun(): any, any
local Bar = {}

---@class tenmo.Story
---@field [integer] table
local Story = {}

local nn, optim, data, init, safetensors, regex, text, npy, npz = {}, {}, {}, {}, {}, {}, {}, {}, {}

---@class tenmo
---@field version string
---@field paths table<string, string>
---@field methods table<string, function>
---@field compositions table[]
---@field debug table<string, function>
local tenmo = { nn = nn, optim = optim, data = data, safetensors = safetensors, text = text, npy = npy, npz = npz }
nn.init = init
nn.functional = tenmo
---@type tenmo.Module
nn.Module = Module

---@class tenmo.Tensor
---@operator add(tenmo.Tensor|number): tenmo.Tensor
---@operator sub(tenmo.Tensor|number): tenmo.Tensor
---@operator mul(tenmo.Tensor|number): tenmo.Tensor
---@operator div(tenmo.Tensor|number): tenmo.Tensor
---@operator pow(tenmo.Tensor|number): tenmo.Tensor
---@operator unm: tenmo.Tensor
---@operator len: integer
---@field shape integer[]
---@field dtype tenmo.dtype
---@field device string
---@field grad tenmo.Tensor|nil
---@field requires_grad boolean
---@field [integer|table|tenmo.Tensor] tenmo.Tensor|number
local Tensor = {}

---the absolute value
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.abs(x) end

---the absolute value
---@return tenmo.Tensor
function Tensor:abs() end

---the absolute value; written over x
---@return tenmo.Tensor
function Tensor:abs_() end

---@class tenmo.add.options
---@field alpha? number

---x + other, or x + alpha * other
---@param x tenmo.Tensor|number
---@param other tenmo.Tensor|number
---@param alpha? number|tenmo.add.options
---@return tenmo.Tensor
function tenmo.add(x, other, alpha) end

---x + other, or x + alpha * other
---@param other tenmo.Tensor|number
---@param alpha? number|tenmo.add.options
---@return tenmo.Tensor
function Tensor:add(other, alpha) end

---x + other, or x + alpha * other; written over x
---@param other tenmo.Tensor|number
---@param alpha? number|tenmo.add.options
---@return tenmo.Tensor
function Tensor:add_(other, alpha) end

---@class tenmo.addcdiv.options
---@field value? number

---x + value * tensor1 / tensor2
---@param x tenmo.Tensor|number
---@param tensor1 tenmo.Tensor|number
---@param tensor2 tenmo.Tensor|number
---@param value? number|tenmo.addcdiv.options
---@return tenmo.Tensor
function tenmo.addcdiv(x, tensor1, tensor2, value) end

---x + value * tensor1 / tensor2
---@param tensor1 tenmo.Tensor|number
---@param tensor2 tenmo.Tensor|number
---@param value? number|tenmo.addcdiv.options
---@return tenmo.Tensor
function Tensor:addcdiv(tensor1, tensor2, value) end

---x + value * tensor1 / tensor2; written over x
---@param tensor1 tenmo.Tensor|number
---@param tensor2 tenmo.Tensor|number
---@param value? number|tenmo.addcdiv.options
---@return tenmo.Tensor
function Tensor:addcdiv_(tensor1, tensor2, value) end

---@class tenmo.addcmul.options
---@field value? number

---x + value * tensor1 * tensor2
---@param x tenmo.Tensor|number
---@param tensor1 tenmo.Tensor|number
---@param tensor2 tenmo.Tensor|number
---@param value? number|tenmo.addcmul.options
---@return tenmo.Tensor
function tenmo.addcmul(x, tensor1, tensor2, value) end

---x + value * tensor1 * tensor2
---@param tensor1 tenmo.Tensor|number
---@param tensor2 tenmo.Tensor|number
---@param value? number|tenmo.addcmul.options
---@return tenmo.Tensor
function Tensor:addcmul(tensor1, tensor2, value) end

---x + value * tensor1 * tensor2; written over x
---@param tensor1 tenmo.Tensor|number
---@param tensor2 tenmo.Tensor|number
---@param value? number|tenmo.addcmul.options
---@return tenmo.Tensor
function Tensor:addcmul_(tensor1, tensor2, value) end

---the smallest whole number from x up
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.ceil(x) end

---the smallest whole number from x up
---@return tenmo.Tensor
function Tensor:ceil() end

---the smallest whole number from x up; written over x
---@return tenmo.Tensor
function Tensor:ceil_() end

---@class tenmo.clamp.options
---@field min? tenmo.Tensor|number
---@field max? tenmo.Tensor|number

---x limited to min .. max, numbers or tensors; where min is above max it is max
---@param x tenmo.Tensor|number
---@param min? tenmo.Tensor|number|tenmo.clamp.options
---@param max? tenmo.Tensor|number|tenmo.clamp.options
---@return tenmo.Tensor
function tenmo.clamp(x, min, max) end

---x limited to min .. max, numbers or tensors; where min is above max it is max
---@param min? tenmo.Tensor|number|tenmo.clamp.options
---@param max? tenmo.Tensor|number|tenmo.clamp.options
---@return tenmo.Tensor
function Tensor:clamp(min, max) end

---x limited to min .. max, numbers or tensors; where min is above max it is max; written over x
---@param min? tenmo.Tensor|number|tenmo.clamp.options
---@param max? tenmo.Tensor|number|tenmo.clamp.options
---@return tenmo.Tensor
function Tensor:clamp_(min, max) end

---x, but max where x is more
---@param x tenmo.Tensor|number
---@param max tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.clamp_max(x, max) end

---x, but max where x is more
---@param max tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:clamp_max(max) end

---x, but max where x is more; written over x
---@param max tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:clamp_max_(max) end

---x, but min where x is less
---@param x tenmo.Tensor|number
---@param min tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.clamp_min(x, min) end

---x, but min where x is less
---@param min tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:clamp_min(min) end

---x, but min where x is less; written over x
---@param min tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:clamp_min_(min) end

---x with the sign of other, also that of -0
---@param x tenmo.Tensor|number
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.copysign(x, other) end

---x with the sign of other, also that of -0
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:copysign(other) end

---x with the sign of other, also that of -0; written over x
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:copysign_(other) end

---@class tenmo.div.options
---@field rounding? 'none'|'trunc'|'floor'

---x / other, always a float; with rounding a whole number, of integers an integer
---@param x tenmo.Tensor|number
---@param other tenmo.Tensor|number
---@param rounding? 'none'|'trunc'|'floor'|tenmo.div.options
---@return tenmo.Tensor
function tenmo.div(x, other, rounding) end

---x / other, always a float; with rounding a whole number, of integers an integer
---@param other tenmo.Tensor|number
---@param rounding? 'none'|'trunc'|'floor'|tenmo.div.options
---@return tenmo.Tensor
function Tensor:div(other, rounding) end

---x / other, always a float; with rounding a whole number, of integers an integer; written over x
---@param other tenmo.Tensor|number
---@param rounding? 'none'|'trunc'|'floor'|tenmo.div.options
---@return tenmo.Tensor
function Tensor:div_(other, rounding) end

---x / other rounded down; an integer by 0 is an error
---@param x tenmo.Tensor|number
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.div_floor(x, other) end

---x / other rounded down; an integer by 0 is an error
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:div_floor(other) end

---x / other rounded down; an integer by 0 is an error; written over x
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:div_floor_(other) end

---x / other without its fraction; an integer by 0 is an error
---@param x tenmo.Tensor|number
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.div_trunc(x, other) end

---x / other without its fraction; an integer by 0 is an error
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:div_trunc(other) end

---x / other without its fraction; an integer by 0 is an error; written over x
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:div_trunc_(other) end

---x to the power of exponent, computed in float64
---@param x tenmo.Tensor|number
---@param exponent tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.float_power(x, exponent) end

---x to the power of exponent, computed in float64
---@param exponent tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:float_power(exponent) end

---the largest whole number up to x
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.floor(x) end

---the largest whole number up to x
---@return tenmo.Tensor
function Tensor:floor() end

---the largest whole number up to x; written over x
---@return tenmo.Tensor
function Tensor:floor_() end

---x / other rounded down, as div with rounding = 'floor'
---@param x tenmo.Tensor|number
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.floor_divide(x, other) end

---x / other rounded down, as div with rounding = 'floor'
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:floor_divide(other) end

---x / other rounded down, as div with rounding = 'floor'; written over x
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:floor_divide_(other) end

---the larger of the two; a number where only one is NaN
---@param x tenmo.Tensor|number
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.fmax(x, other) end

---the larger of the two; a number where only one is NaN
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:fmax(other) end

---the larger of the two; a number where only one is NaN; written over x
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:fmax_(other) end

---the smaller of the two; a number where only one is NaN
---@param x tenmo.Tensor|number
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.fmin(x, other) end

---the smaller of the two; a number where only one is NaN
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:fmin(other) end

---the smaller of the two; a number where only one is NaN; written over x
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:fmin_(other) end

---the rest of x / other, with the sign of x; an integer by 0 is an error
---@param x tenmo.Tensor|number
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.fmod(x, other) end

---the rest of x / other, with the sign of x; an integer by 0 is an error
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:fmod(other) end

---the rest of x / other, with the sign of x; an integer by 0 is an error; written over x
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:fmod_(other) end

---the fraction of x, with its sign
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.frac(x) end

---the fraction of x, with its sign
---@return tenmo.Tensor
function Tensor:frac() end

---the fraction of x, with its sign; written over x
---@return tenmo.Tensor
function Tensor:frac_() end

---0 below 0, values at 0, 1 above it
---@param x tenmo.Tensor|number
---@param values tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.heaviside(x, values) end

---0 below 0, values at 0, 1 above it
---@param values tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:heaviside(values) end

---0 below 0, values at 0, 1 above it; written over x
---@param values tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:heaviside_(values) end

---sqrt(x^2 + other^2), without overflow; no gradient where both are 0
---@param x tenmo.Tensor|number
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.hypot(x, other) end

---sqrt(x^2 + other^2), without overflow; no gradient where both are 0
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:hypot(other) end

---sqrt(x^2 + other^2), without overflow; no gradient where both are 0; written over x
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:hypot_(other) end

---x + weight * (end - x)
---@param x tenmo.Tensor|number
---@param end_ tenmo.Tensor|number
---@param weight tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.lerp(x, end_, weight) end

---x + weight * (end - x)
---@param end_ tenmo.Tensor|number
---@param weight tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:lerp(end_, weight) end

---x + weight * (end - x); written over x
---@param end_ tenmo.Tensor|number
---@param weight tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:lerp_(end_, weight) end

---the larger of the two; NaN if either is
---@param x tenmo.Tensor|number
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.maximum(x, other) end

---the larger of the two; NaN if either is
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:maximum(other) end

---the larger of the two; NaN if either is; written over x
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:maximum_(other) end

---the smaller of the two; NaN if either is
---@param x tenmo.Tensor|number
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.minimum(x, other) end

---the smaller of the two; NaN if either is
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:minimum(other) end

---the smaller of the two; NaN if either is; written over x
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:minimum_(other) end

---x * other, element by element
---@param x tenmo.Tensor|number
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.mul(x, other) end

---x * other, element by element
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:mul(other) end

---x * other, element by element; written over x
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:mul_(other) end

----x
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.neg(x) end

----x
---@return tenmo.Tensor
function Tensor:neg() end

----x; written over x
---@return tenmo.Tensor
function Tensor:neg_() end

---x itself; bool is refused
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.positive(x) end

---x itself; bool is refused
---@return tenmo.Tensor
function Tensor:positive() end

---x to the power of exponent; an integer to a negative power is 0, but for 1 and -1
---@param x tenmo.Tensor|number
---@param exponent tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.pow(x, exponent) end

---x to the power of exponent; an integer to a negative power is 0, but for 1 and -1
---@param exponent tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:pow(exponent) end

---x to the power of exponent; an integer to a negative power is 0, but for 1 and -1; written over x
---@param exponent tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:pow_(exponent) end

---1 / x
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.reciprocal(x) end

---1 / x
---@return tenmo.Tensor
function Tensor:reciprocal() end

---1 / x; written over x
---@return tenmo.Tensor
function Tensor:reciprocal_() end

---the rest of x / other, with the sign of other: x % other; an integer by 0 is an error
---@param x tenmo.Tensor|number
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.remainder(x, other) end

---the rest of x / other, with the sign of other: x % other; an integer by 0 is an error
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:remainder(other) end

---the rest of x / other, with the sign of other: x % other; an integer by 0 is an error; written over x
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:remainder_(other) end

---@class tenmo.round.options
---@field decimals? integer

---the nearest whole number, halves to the even one; with decimals so many digits stay behind the point, or become 0 before it (decimals < 0)
---@param x tenmo.Tensor
---@param decimals? integer|tenmo.round.options
---@return tenmo.Tensor
function tenmo.round(x, decimals) end

---the nearest whole number, halves to the even one; with decimals so many digits stay behind the point, or become 0 before it (decimals < 0)
---@param decimals? integer|tenmo.round.options
---@return tenmo.Tensor
function Tensor:round(decimals) end

---the nearest whole number, halves to the even one; with decimals so many digits stay behind the point, or become 0 before it (decimals < 0); written over x
---@param decimals? integer|tenmo.round.options
---@return tenmo.Tensor
function Tensor:round_(decimals) end

---@class tenmo.rsub.options
---@field alpha? number

---other - alpha * x
---@param x tenmo.Tensor|number
---@param other tenmo.Tensor|number
---@param alpha? number|tenmo.rsub.options
---@return tenmo.Tensor
function tenmo.rsub(x, other, alpha) end

---other - alpha * x
---@param other tenmo.Tensor|number
---@param alpha? number|tenmo.rsub.options
---@return tenmo.Tensor
function Tensor:rsub(other, alpha) end

---sign by another name
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.sgn(x) end

---sign by another name
---@return tenmo.Tensor
function Tensor:sgn() end

---sign by another name; written over x
---@return tenmo.Tensor
function Tensor:sgn_() end

----1, 0 or 1; NaN stays
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.sign(x) end

----1, 0 or 1; NaN stays
---@return tenmo.Tensor
function Tensor:sign() end

----1, 0 or 1; NaN stays; written over x
---@return tenmo.Tensor
function Tensor:sign_() end

---x * x
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.square(x) end

---x * x
---@return tenmo.Tensor
function Tensor:square() end

---x * x; written over x
---@return tenmo.Tensor
function Tensor:square_() end

---@class tenmo.sub.options
---@field alpha? number

---x - other, or x - alpha * other
---@param x tenmo.Tensor|number
---@param other tenmo.Tensor|number
---@param alpha? number|tenmo.sub.options
---@return tenmo.Tensor
function tenmo.sub(x, other, alpha) end

---x - other, or x - alpha * other
---@param other tenmo.Tensor|number
---@param alpha? number|tenmo.sub.options
---@return tenmo.Tensor
function Tensor:sub(other, alpha) end

---x - other, or x - alpha * other; written over x
---@param other tenmo.Tensor|number
---@param alpha? number|tenmo.sub.options
---@return tenmo.Tensor
function Tensor:sub_(other, alpha) end

---div by another name
---@param x tenmo.Tensor|number
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.true_divide(x, other) end

---div by another name
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:true_divide(other) end

---div by another name; written over x
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:true_divide_(other) end

---x without its fraction
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.trunc(x) end

---x without its fraction
---@return tenmo.Tensor
function Tensor:trunc() end

---x without its fraction; written over x
---@return tenmo.Tensor
function Tensor:trunc_() end

---the bits that both have
---@param x tenmo.Tensor|number
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.bitwise_and(x, other) end

---the bits that both have
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:bitwise_and(other) end

---the bits that both have; written over x
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:bitwise_and_(other) end

---x * 2^other; 0 by less than 0 or more bits than there are
---@param x tenmo.Tensor|number
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.bitwise_left_shift(x, other) end

---x * 2^other; 0 by less than 0 or more bits than there are
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:bitwise_left_shift(other) end

---x * 2^other; 0 by less than 0 or more bits than there are; written over x
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:bitwise_left_shift_(other) end

---the bits that x lacks; of bool its contrary
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.bitwise_not(x) end

---the bits that x lacks; of bool its contrary
---@return tenmo.Tensor
function Tensor:bitwise_not() end

---the bits that x lacks; of bool its contrary; written over x
---@return tenmo.Tensor
function Tensor:bitwise_not_() end

---the bits that one has at least
---@param x tenmo.Tensor|number
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.bitwise_or(x, other) end

---the bits that one has at least
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:bitwise_or(other) end

---the bits that one has at least; written over x
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:bitwise_or_(other) end

---x / 2^other rounded down; 0 or -1 by less than 0 or more bits than there are
---@param x tenmo.Tensor|number
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.bitwise_right_shift(x, other) end

---x / 2^other rounded down; 0 or -1 by less than 0 or more bits than there are
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:bitwise_right_shift(other) end

---x / 2^other rounded down; 0 or -1 by less than 0 or more bits than there are; written over x
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:bitwise_right_shift_(other) end

---the bits that just one has
---@param x tenmo.Tensor|number
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.bitwise_xor(x, other) end

---the bits that just one has
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:bitwise_xor(other) end

---the bits that just one has; written over x
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:bitwise_xor_(other) end

---e to the power of x
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.exp(x) end

---e to the power of x
---@return tenmo.Tensor
function Tensor:exp() end

---e to the power of x; written over x
---@return tenmo.Tensor
function Tensor:exp_() end

---2 to the power of x
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.exp2(x) end

---2 to the power of x
---@return tenmo.Tensor
function Tensor:exp2() end

---2 to the power of x; written over x
---@return tenmo.Tensor
function Tensor:exp2_() end

---exp(x) - 1, exact near 0
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.expm1(x) end

---exp(x) - 1, exact near 0
---@return tenmo.Tensor
function Tensor:expm1() end

---exp(x) - 1, exact near 0; written over x
---@return tenmo.Tensor
function Tensor:expm1_() end

---x times 2 to the power of other
---@param x tenmo.Tensor|number
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.ldexp(x, other) end

---x times 2 to the power of other
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:ldexp(other) end

---x times 2 to the power of other; written over x
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:ldexp_(other) end

---the natural logarithm
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.log(x) end

---the natural logarithm
---@return tenmo.Tensor
function Tensor:log() end

---the natural logarithm; written over x
---@return tenmo.Tensor
function Tensor:log_() end

---the logarithm to base 10
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.log10(x) end

---the logarithm to base 10
---@return tenmo.Tensor
function Tensor:log10() end

---the logarithm to base 10; written over x
---@return tenmo.Tensor
function Tensor:log10_() end

---log(1 + x), exact near 0
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.log1p(x) end

---log(1 + x), exact near 0
---@return tenmo.Tensor
function Tensor:log1p() end

---log(1 + x), exact near 0; written over x
---@return tenmo.Tensor
function Tensor:log1p_() end

---the logarithm to base 2
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.log2(x) end

---the logarithm to base 2
---@return tenmo.Tensor
function Tensor:log2() end

---the logarithm to base 2; written over x
---@return tenmo.Tensor
function Tensor:log2_() end

---log(exp(x) + exp(other)), without overflow
---@param x tenmo.Tensor|number
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.logaddexp(x, other) end

---log(exp(x) + exp(other)), without overflow
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:logaddexp(other) end

---log(exp(x) + exp(other)), without overflow; written over x
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:logaddexp_(other) end

---log2(2^x + 2^other), without overflow
---@param x tenmo.Tensor|number
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.logaddexp2(x, other) end

---log2(2^x + 2^other), without overflow
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:logaddexp2(other) end

---log2(2^x + 2^other), without overflow; written over x
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:logaddexp2_(other) end

---1 / sqrt(x)
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.rsqrt(x) end

---1 / sqrt(x)
---@return tenmo.Tensor
function Tensor:rsqrt() end

---1 / sqrt(x); written over x
---@return tenmo.Tensor
function Tensor:rsqrt_() end

---the square root
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.sqrt(x) end

---the square root
---@return tenmo.Tensor
function Tensor:sqrt() end

---the square root; written over x
---@return tenmo.Tensor
function Tensor:sqrt_() end

---x * log(other); 0 where x is 0
---@param x tenmo.Tensor|number
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.xlogy(x, other) end

---x * log(other); 0 where x is 0
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:xlogy(other) end

---x * log(other); 0 where x is 0; written over x
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:xlogy_(other) end

---the angle whose cosine is x
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.acos(x) end

---the angle whose cosine is x
---@return tenmo.Tensor
function Tensor:acos() end

---the angle whose cosine is x; written over x
---@return tenmo.Tensor
function Tensor:acos_() end

---the number whose hyperbolic cosine is x
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.acosh(x) end

---the number whose hyperbolic cosine is x
---@return tenmo.Tensor
function Tensor:acosh() end

---the number whose hyperbolic cosine is x; written over x
---@return tenmo.Tensor
function Tensor:acosh_() end

---the angle whose sine is x
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.asin(x) end

---the angle whose sine is x
---@return tenmo.Tensor
function Tensor:asin() end

---the angle whose sine is x; written over x
---@return tenmo.Tensor
function Tensor:asin_() end

---the number whose hyperbolic sine is x
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.asinh(x) end

---the number whose hyperbolic sine is x
---@return tenmo.Tensor
function Tensor:asinh() end

---the number whose hyperbolic sine is x; written over x
---@return tenmo.Tensor
function Tensor:asinh_() end

---the angle whose tangent is x
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.atan(x) end

---the angle whose tangent is x
---@return tenmo.Tensor
function Tensor:atan() end

---the angle whose tangent is x; written over x
---@return tenmo.Tensor
function Tensor:atan_() end

---the angle of the point (other, x), in all four quadrants
---@param x tenmo.Tensor|number
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.atan2(x, other) end

---the angle of the point (other, x), in all four quadrants
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:atan2(other) end

---the angle of the point (other, x), in all four quadrants; written over x
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:atan2_(other) end

---the number whose hyperbolic tangent is x
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.atanh(x) end

---the number whose hyperbolic tangent is x
---@return tenmo.Tensor
function Tensor:atanh() end

---the number whose hyperbolic tangent is x; written over x
---@return tenmo.Tensor
function Tensor:atanh_() end

---the cosine of x in radians
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.cos(x) end

---the cosine of x in radians
---@return tenmo.Tensor
function Tensor:cos() end

---the cosine of x in radians; written over x
---@return tenmo.Tensor
function Tensor:cos_() end

---the hyperbolic cosine
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.cosh(x) end

---the hyperbolic cosine
---@return tenmo.Tensor
function Tensor:cosh() end

---the hyperbolic cosine; written over x
---@return tenmo.Tensor
function Tensor:cosh_() end

---degrees as radians
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.deg2rad(x) end

---degrees as radians
---@return tenmo.Tensor
function Tensor:deg2rad() end

---degrees as radians; written over x
---@return tenmo.Tensor
function Tensor:deg2rad_() end

---radians as degrees
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.rad2deg(x) end

---radians as degrees
---@return tenmo.Tensor
function Tensor:rad2deg() end

---radians as degrees; written over x
---@return tenmo.Tensor
function Tensor:rad2deg_() end

---the sine of x in radians
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.sin(x) end

---the sine of x in radians
---@return tenmo.Tensor
function Tensor:sin() end

---the sine of x in radians; written over x
---@return tenmo.Tensor
function Tensor:sin_() end

---sin(pi x) / (pi x); 1 at 0
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.sinc(x) end

---sin(pi x) / (pi x); 1 at 0
---@return tenmo.Tensor
function Tensor:sinc() end

---sin(pi x) / (pi x); 1 at 0; written over x
---@return tenmo.Tensor
function Tensor:sinc_() end

---the hyperbolic sine
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.sinh(x) end

---the hyperbolic sine
---@return tenmo.Tensor
function Tensor:sinh() end

---the hyperbolic sine; written over x
---@return tenmo.Tensor
function Tensor:sinh_() end

---the tangent of x in radians
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.tan(x) end

---the tangent of x in radians
---@return tenmo.Tensor
function Tensor:tan() end

---the tangent of x in radians; written over x
---@return tenmo.Tensor
function Tensor:tan_() end

---the derivative of lgamma
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.digamma(x) end

---the derivative of lgamma
---@return tenmo.Tensor
function Tensor:digamma() end

---the derivative of lgamma; written over x
---@return tenmo.Tensor
function Tensor:digamma_() end

---the error function, 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.erf(x) end

---the error function, 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x
---@return tenmo.Tensor
function Tensor:erf() end

---the error function, 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x; written over x
---@return tenmo.Tensor
function Tensor:erf_() end

---1 - erf(x), exact for large x
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.erfc(x) end

---1 - erf(x), exact for large x
---@return tenmo.Tensor
function Tensor:erfc() end

---1 - erf(x), exact for large x; written over x
---@return tenmo.Tensor
function Tensor:erfc_() end

---the number whose error function is x
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.erfinv(x) end

---the number whose error function is x
---@return tenmo.Tensor
function Tensor:erfinv() end

---the number whose error function is x; written over x
---@return tenmo.Tensor
function Tensor:erfinv_() end

---log(|gamma(x)|)
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.lgamma(x) end

---log(|gamma(x)|)
---@return tenmo.Tensor
function Tensor:lgamma() end

---log(|gamma(x)|); written over x
---@return tenmo.Tensor
function Tensor:lgamma_() end

---the n-th derivative of digamma, n = 0, 1 ..
---@param x tenmo.Tensor|number
---@param n tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.polygamma(x, n) end

---the n-th derivative of digamma, n = 0, 1 ..
---@param n tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:polygamma(n) end

---the n-th derivative of digamma, n = 0, 1 ..; written over x
---@param n tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:polygamma_(n) end

---@class tenmo.celu.options
---@field alpha? number

---x above 0, alpha * (exp(x / alpha) - 1) below
---@param x tenmo.Tensor
---@param alpha? number|tenmo.celu.options
---@return tenmo.Tensor
function tenmo.celu(x, alpha) end

---x above 0, alpha * (exp(x / alpha) - 1) below
---@param alpha? number|tenmo.celu.options
---@return tenmo.Tensor
function Tensor:celu(alpha) end

---x above 0, alpha * (exp(x / alpha) - 1) below; written over x
---@param alpha? number|tenmo.celu.options
---@return tenmo.Tensor
function Tensor:celu_(alpha) end

---@class tenmo.elu.options
---@field alpha? number

---x above 0, alpha * (exp(x) - 1) below
---@param x tenmo.Tensor
---@param alpha? number|tenmo.elu.options
---@return tenmo.Tensor
function tenmo.elu(x, alpha) end

---x above 0, alpha * (exp(x) - 1) below
---@param alpha? number|tenmo.elu.options
---@return tenmo.Tensor
function Tensor:elu(alpha) end

---x above 0, alpha * (exp(x) - 1) below; written over x
---@param alpha? number|tenmo.elu.options
---@return tenmo.Tensor
function Tensor:elu_(alpha) end

---@class tenmo.gelu.options
---@field approximate? 'none'|'tanh'

---x times the chance that a normal number is below x
---@param x tenmo.Tensor
---@param approximate? 'none'|'tanh'|tenmo.gelu.options
---@return tenmo.Tensor
function tenmo.gelu(x, approximate) end

---x times the chance that a normal number is below x
---@param approximate? 'none'|'tanh'|tenmo.gelu.options
---@return tenmo.Tensor
function Tensor:gelu(approximate) end

---x times the chance that a normal number is below x; written over x
---@param approximate? 'none'|'tanh'|tenmo.gelu.options
---@return tenmo.Tensor
function Tensor:gelu_(approximate) end

---gelu by its approximation with tanh
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.gelu_tanh(x) end

---gelu by its approximation with tanh
---@return tenmo.Tensor
function Tensor:gelu_tanh() end

---gelu by its approximation with tanh; written over x
---@return tenmo.Tensor
function Tensor:gelu_tanh_() end

---@class tenmo.hardshrink.options
---@field lambd? number

---x, but 0 within lambd of 0
---@param x tenmo.Tensor
---@param lambd? number|tenmo.hardshrink.options
---@return tenmo.Tensor
function tenmo.hardshrink(x, lambd) end

---x, but 0 within lambd of 0
---@param lambd? number|tenmo.hardshrink.options
---@return tenmo.Tensor
function Tensor:hardshrink(lambd) end

---x, but 0 within lambd of 0; written over x
---@param lambd? number|tenmo.hardshrink.options
---@return tenmo.Tensor
function Tensor:hardshrink_(lambd) end

---relu6(x + 3) / 6
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.hardsigmoid(x) end

---relu6(x + 3) / 6
---@return tenmo.Tensor
function Tensor:hardsigmoid() end

---relu6(x + 3) / 6; written over x
---@return tenmo.Tensor
function Tensor:hardsigmoid_() end

---x * relu6(x + 3) / 6
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.hardswish(x) end

---x * relu6(x + 3) / 6
---@return tenmo.Tensor
function Tensor:hardswish() end

---x * relu6(x + 3) / 6; written over x
---@return tenmo.Tensor
function Tensor:hardswish_() end

---@class tenmo.hardtanh.options
---@field min_val? number
---@field max_val? number

---x limited to min_val .. max_val; no gradient at the limits
---@param x tenmo.Tensor
---@param min_val? number|tenmo.hardtanh.options
---@param max_val? number|tenmo.hardtanh.options
---@return tenmo.Tensor
function tenmo.hardtanh(x, min_val, max_val) end

---x limited to min_val .. max_val; no gradient at the limits
---@param min_val? number|tenmo.hardtanh.options
---@param max_val? number|tenmo.hardtanh.options
---@return tenmo.Tensor
function Tensor:hardtanh(min_val, max_val) end

---x limited to min_val .. max_val; no gradient at the limits; written over x
---@param min_val? number|tenmo.hardtanh.options
---@param max_val? number|tenmo.hardtanh.options
---@return tenmo.Tensor
function Tensor:hardtanh_(min_val, max_val) end

---@class tenmo.leaky_relu.options
---@field negative_slope? number

---x above 0, negative_slope * x below
---@param x tenmo.Tensor
---@param negative_slope? number|tenmo.leaky_relu.options
---@return tenmo.Tensor
function tenmo.leaky_relu(x, negative_slope) end

---x above 0, negative_slope * x below
---@param negative_slope? number|tenmo.leaky_relu.options
---@return tenmo.Tensor
function Tensor:leaky_relu(negative_slope) end

---x above 0, negative_slope * x below; written over x
---@param negative_slope? number|tenmo.leaky_relu.options
---@return tenmo.Tensor
function Tensor:leaky_relu_(negative_slope) end

---@class tenmo.logit.options
---@field eps? number

---log(x / (1 - x)), the inverse of sigmoid; with eps x is limited to eps .. 1 - eps first
---@param x tenmo.Tensor
---@param eps? number|tenmo.logit.options
---@return tenmo.Tensor
function tenmo.logit(x, eps) end

---log(x / (1 - x)), the inverse of sigmoid; with eps x is limited to eps .. 1 - eps first
---@param eps? number|tenmo.logit.options
---@return tenmo.Tensor
function Tensor:logit(eps) end

---log(x / (1 - x)), the inverse of sigmoid; with eps x is limited to eps .. 1 - eps first; written over x
---@param eps? number|tenmo.logit.options
---@return tenmo.Tensor
function Tensor:logit_(eps) end

---log(sigmoid(x)), without overflow
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.logsigmoid(x) end

---log(sigmoid(x)), without overflow
---@return tenmo.Tensor
function Tensor:logsigmoid() end

---log(sigmoid(x)), without overflow; written over x
---@return tenmo.Tensor
function Tensor:logsigmoid_() end

---x * tanh(softplus(x))
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.mish(x) end

---x * tanh(softplus(x))
---@return tenmo.Tensor
function Tensor:mish() end

---x * tanh(softplus(x)); written over x
---@return tenmo.Tensor
function Tensor:mish_() end

---x above 0, weight * x below; weight has one number, or one for each channel (axis 2)
---@param x tenmo.Tensor
---@param weight tenmo.Tensor
---@return tenmo.Tensor
function tenmo.prelu(x, weight) end

---x above 0, weight * x below; weight has one number, or one for each channel (axis 2)
---@param weight tenmo.Tensor
---@return tenmo.Tensor
function Tensor:prelu(weight) end

---max(x, 0); NaN stays
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.relu(x) end

---max(x, 0); NaN stays
---@return tenmo.Tensor
function Tensor:relu() end

---max(x, 0); NaN stays; written over x
---@return tenmo.Tensor
function Tensor:relu_() end

---x limited to 0 .. 6
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.relu6(x) end

---x limited to 0 .. 6
---@return tenmo.Tensor
function Tensor:relu6() end

---x limited to 0 .. 6; written over x
---@return tenmo.Tensor
function Tensor:relu6_() end

---1.0507 x above 0, 1.7581 (exp(x) - 1) below: keeps mean 0 and variance 1 from layer to layer
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.selu(x) end

---1.0507 x above 0, 1.7581 (exp(x) - 1) below: keeps mean 0 and variance 1 from layer to layer
---@return tenmo.Tensor
function Tensor:selu() end

---1.0507 x above 0, 1.7581 (exp(x) - 1) below: keeps mean 0 and variance 1 from layer to layer; written over x
---@return tenmo.Tensor
function Tensor:selu_() end

---1 / (1 + exp(-x))
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.sigmoid(x) end

---1 / (1 + exp(-x))
---@return tenmo.Tensor
function Tensor:sigmoid() end

---1 / (1 + exp(-x)); written over x
---@return tenmo.Tensor
function Tensor:sigmoid_() end

---x * sigmoid(x)
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.silu(x) end

---x * sigmoid(x)
---@return tenmo.Tensor
function Tensor:silu() end

---x * sigmoid(x); written over x
---@return tenmo.Tensor
function Tensor:silu_() end

---@class tenmo.softplus.options
---@field beta? number
---@field threshold? number

---log(1 + exp(beta x)) / beta, without overflow; x itself where beta x is above threshold
---@param x tenmo.Tensor
---@param beta? number|tenmo.softplus.options
---@param threshold? number|tenmo.softplus.options
---@return tenmo.Tensor
function tenmo.softplus(x, beta, threshold) end

---log(1 + exp(beta x)) / beta, without overflow; x itself where beta x is above threshold
---@param beta? number|tenmo.softplus.options
---@param threshold? number|tenmo.softplus.options
---@return tenmo.Tensor
function Tensor:softplus(beta, threshold) end

---log(1 + exp(beta x)) / beta, without overflow; x itself where beta x is above threshold; written over x
---@param beta? number|tenmo.softplus.options
---@param threshold? number|tenmo.softplus.options
---@return tenmo.Tensor
function Tensor:softplus_(beta, threshold) end

---@class tenmo.softshrink.options
---@field lambd? number

---x moved by lambd towards 0, and 0 within lambd of it
---@param x tenmo.Tensor
---@param lambd? number|tenmo.softshrink.options
---@return tenmo.Tensor
function tenmo.softshrink(x, lambd) end

---x moved by lambd towards 0, and 0 within lambd of it
---@param lambd? number|tenmo.softshrink.options
---@return tenmo.Tensor
function Tensor:softshrink(lambd) end

---x moved by lambd towards 0, and 0 within lambd of it; written over x
---@param lambd? number|tenmo.softshrink.options
---@return tenmo.Tensor
function Tensor:softshrink_(lambd) end

---x / (1 + |x|)
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.softsign(x) end

---x / (1 + |x|)
---@return tenmo.Tensor
function Tensor:softsign() end

---x / (1 + |x|); written over x
---@return tenmo.Tensor
function Tensor:softsign_() end

---the hyperbolic tangent
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.tanh(x) end

---the hyperbolic tangent
---@return tenmo.Tensor
function Tensor:tanh() end

---the hyperbolic tangent; written over x
---@return tenmo.Tensor
function Tensor:tanh_() end

---x - tanh(x)
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.tanhshrink(x) end

---x - tanh(x)
---@return tenmo.Tensor
function Tensor:tanhshrink() end

---x - tanh(x); written over x
---@return tenmo.Tensor
function Tensor:tanhshrink_() end

---@class tenmo.threshold.options
---@field threshold? number
---@field value? number

---x above threshold, else value
---@param x tenmo.Tensor
---@param threshold? number|tenmo.threshold.options
---@param value? number|tenmo.threshold.options
---@return tenmo.Tensor
function tenmo.threshold(x, threshold, value) end

---x above threshold, else value
---@param threshold? number|tenmo.threshold.options
---@param value? number|tenmo.threshold.options
---@return tenmo.Tensor
function Tensor:threshold(threshold, value) end

---x above threshold, else value; written over x
---@param threshold? number|tenmo.threshold.options
---@param value? number|tenmo.threshold.options
---@return tenmo.Tensor
function Tensor:threshold_(threshold, value) end

---binary cross-entropy of each probability against its target; logarithms are kept above -100
---@param p tenmo.Tensor|number
---@param target tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.bce(p, target) end

---binary cross-entropy of each probability against its target; logarithms are kept above -100
---@param target tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:bce(target) end

---binary cross-entropy of each probability against its target; logarithms are kept above -100; written over x
---@param target tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:bce_(target) end

---@class tenmo.binary_cross_entropy.options
---@field reduction? 'mean'|'sum'|'none'
---@field weight? tenmo.Tensor

---binary cross-entropy of probabilities; logarithms are kept above -100
---@param x tenmo.Tensor
---@param target tenmo.Tensor
---@param reduction? 'mean'|'sum'|'none'|tenmo.binary_cross_entropy.options
---@param weight? tenmo.Tensor|tenmo.binary_cross_entropy.options
---@return tenmo.Tensor
function tenmo.binary_cross_entropy(x, target, reduction, weight) end

---binary cross-entropy of probabilities; logarithms are kept above -100
---@param target tenmo.Tensor
---@param reduction? 'mean'|'sum'|'none'|tenmo.binary_cross_entropy.options
---@param weight? tenmo.Tensor|tenmo.binary_cross_entropy.options
---@return tenmo.Tensor
function Tensor:binary_cross_entropy(target, reduction, weight) end

---@class tenmo.binary_cross_entropy_with_logits.options
---@field reduction? 'mean'|'sum'|'none'
---@field weight? tenmo.Tensor
---@field pos_weight? tenmo.Tensor

---binary cross-entropy of sigmoid(x), without overflow; pos_weight multiplies the part of target 1
---@param x tenmo.Tensor
---@param target tenmo.Tensor
---@param reduction? 'mean'|'sum'|'none'|tenmo.binary_cross_entropy_with_logits.options
---@param weight? tenmo.Tensor|tenmo.binary_cross_entropy_with_logits.options
---@param pos_weight? tenmo.Tensor|tenmo.binary_cross_entropy_with_logits.options
---@return tenmo.Tensor
function tenmo.binary_cross_entropy_with_logits(x, target, reduction, weight, pos_weight) end

---binary cross-entropy of sigmoid(x), without overflow; pos_weight multiplies the part of target 1
---@param target tenmo.Tensor
---@param reduction? 'mean'|'sum'|'none'|tenmo.binary_cross_entropy_with_logits.options
---@param weight? tenmo.Tensor|tenmo.binary_cross_entropy_with_logits.options
---@param pos_weight? tenmo.Tensor|tenmo.binary_cross_entropy_with_logits.options
---@return tenmo.Tensor
function Tensor:binary_cross_entropy_with_logits(target, reduction, weight, pos_weight) end

---@class tenmo.cosine_embedding_loss.options
---@field reduction? 'mean'|'sum'|'none'
---@field margin? number

---1 - cosine where target is 1, what the cosine is above margin where it is -1
---@param x1 tenmo.Tensor
---@param x2 tenmo.Tensor
---@param target tenmo.Tensor
---@param reduction? 'mean'|'sum'|'none'|tenmo.cosine_embedding_loss.options
---@param margin? number|tenmo.cosine_embedding_loss.options
---@return tenmo.Tensor
function tenmo.cosine_embedding_loss(x1, x2, target, reduction, margin) end

---1 - cosine where target is 1, what the cosine is above margin where it is -1
---@param x2 tenmo.Tensor
---@param target tenmo.Tensor
---@param reduction? 'mean'|'sum'|'none'|tenmo.cosine_embedding_loss.options
---@param margin? number|tenmo.cosine_embedding_loss.options
---@return tenmo.Tensor
function Tensor:cosine_embedding_loss(x2, target, reduction, margin) end

---@class tenmo.cosine_similarity.options
---@field axis? integer
---@field eps? number

---the cosine of the angle between vectors along an axis
---@param x tenmo.Tensor
---@param other tenmo.Tensor
---@param axis? integer|tenmo.cosine_similarity.options
---@param eps? number|tenmo.cosine_similarity.options
---@return tenmo.Tensor
function tenmo.cosine_similarity(x, other, axis, eps) end

---the cosine of the angle between vectors along an axis
---@param other tenmo.Tensor
---@param axis? integer|tenmo.cosine_similarity.options
---@param eps? number|tenmo.cosine_similarity.options
---@return tenmo.Tensor
function Tensor:cosine_similarity(other, axis, eps) end

---@class tenmo.gaussian_nll_loss.options
---@field reduction? 'mean'|'sum'|'none'
---@field full? boolean
---@field eps? number

---the negative log likelihood of target under normal numbers with mean x and variance var, which is kept above eps; full adds log(2 pi) / 2
---@param x tenmo.Tensor
---@param target tenmo.Tensor
---@param var tenmo.Tensor
---@param reduction? 'mean'|'sum'|'none'|tenmo.gaussian_nll_loss.options
---@param full? boolean|tenmo.gaussian_nll_loss.options
---@param eps? number|tenmo.gaussian_nll_loss.options
---@return tenmo.Tensor
function tenmo.gaussian_nll_loss(x, target, var, reduction, full, eps) end

---the negative log likelihood of target under normal numbers with mean x and variance var, which is kept above eps; full adds log(2 pi) / 2
---@param target tenmo.Tensor
---@param var tenmo.Tensor
---@param reduction? 'mean'|'sum'|'none'|tenmo.gaussian_nll_loss.options
---@param full? boolean|tenmo.gaussian_nll_loss.options
---@param eps? number|tenmo.gaussian_nll_loss.options
---@return tenmo.Tensor
function Tensor:gaussian_nll_loss(target, var, reduction, full, eps) end

---@class tenmo.hinge_embedding_loss.options
---@field reduction? 'mean'|'sum'|'none'
---@field margin? number

---x where target is 1, what x lacks of margin where it is -1: for distances of pairs
---@param x tenmo.Tensor
---@param target tenmo.Tensor
---@param reduction? 'mean'|'sum'|'none'|tenmo.hinge_embedding_loss.options
---@param margin? number|tenmo.hinge_embedding_loss.options
---@return tenmo.Tensor
function tenmo.hinge_embedding_loss(x, target, reduction, margin) end

---x where target is 1, what x lacks of margin where it is -1: for distances of pairs
---@param target tenmo.Tensor
---@param reduction? 'mean'|'sum'|'none'|tenmo.hinge_embedding_loss.options
---@param margin? number|tenmo.hinge_embedding_loss.options
---@return tenmo.Tensor
function Tensor:hinge_embedding_loss(target, reduction, margin) end

---@class tenmo.huber_loss.options
---@field reduction? 'mean'|'sum'|'none'
---@field delta? number

---half the squared error, but linear beyond delta
---@param x tenmo.Tensor
---@param target tenmo.Tensor
---@param reduction? 'mean'|'sum'|'none'|tenmo.huber_loss.options
---@param delta? number|tenmo.huber_loss.options
---@return tenmo.Tensor
function tenmo.huber_loss(x, target, reduction, delta) end

---half the squared error, but linear beyond delta
---@param target tenmo.Tensor
---@param reduction? 'mean'|'sum'|'none'|tenmo.huber_loss.options
---@param delta? number|tenmo.huber_loss.options
---@return tenmo.Tensor
function Tensor:huber_loss(target, reduction, delta) end

---@class tenmo.kl_div.options
---@field reduction? 'mean'|'sum'|'none'|'batchmean'
---@field log_target? boolean

---how far the distribution target is from exp(x): x are logarithms, target with log_target too; batchmean divides by the rows, which is the divergence itself
---@param x tenmo.Tensor
---@param target tenmo.Tensor
---@param reduction? 'mean'|'sum'|'none'|'batchmean'|tenmo.kl_div.options
---@param log_target? boolean|tenmo.kl_div.options
---@return tenmo.Tensor
function tenmo.kl_div(x, target, reduction, log_target) end

---how far the distribution target is from exp(x): x are logarithms, target with log_target too; batchmean divides by the rows, which is the divergence itself
---@param target tenmo.Tensor
---@param reduction? 'mean'|'sum'|'none'|'batchmean'|tenmo.kl_div.options
---@param log_target? boolean|tenmo.kl_div.options
---@return tenmo.Tensor
function Tensor:kl_div(target, reduction, log_target) end

---@class tenmo.l1_loss.options
---@field reduction? 'mean'|'sum'|'none'

---the mean absolute error
---@param x tenmo.Tensor
---@param target tenmo.Tensor
---@param reduction? 'mean'|'sum'|'none'|tenmo.l1_loss.options
---@return tenmo.Tensor
function tenmo.l1_loss(x, target, reduction) end

---the mean absolute error
---@param target tenmo.Tensor
---@param reduction? 'mean'|'sum'|'none'|tenmo.l1_loss.options
---@return tenmo.Tensor
function Tensor:l1_loss(target, reduction) end

---@class tenmo.log_softmax.options
---@field axis? integer

---log(softmax(x)) along an axis
---@param x tenmo.Tensor
---@param axis? integer|tenmo.log_softmax.options
---@return tenmo.Tensor
function tenmo.log_softmax(x, axis) end

---log(softmax(x)) along an axis
---@param axis? integer|tenmo.log_softmax.options
---@return tenmo.Tensor
function Tensor:log_softmax(axis) end

---@class tenmo.margin_ranking_loss.options
---@field reduction? 'mean'|'sum'|'none'
---@field margin? number

---how much x1 lacks to rank above x2 by margin (target 1), or below it (-1)
---@param x1 tenmo.Tensor
---@param x2 tenmo.Tensor
---@param target tenmo.Tensor
---@param reduction? 'mean'|'sum'|'none'|tenmo.margin_ranking_loss.options
---@param margin? number|tenmo.margin_ranking_loss.options
---@return tenmo.Tensor
function tenmo.margin_ranking_loss(x1, x2, target, reduction, margin) end

---how much x1 lacks to rank above x2 by margin (target 1), or below it (-1)
---@param x2 tenmo.Tensor
---@param target tenmo.Tensor
---@param reduction? 'mean'|'sum'|'none'|tenmo.margin_ranking_loss.options
---@param margin? number|tenmo.margin_ranking_loss.options
---@return tenmo.Tensor
function Tensor:margin_ranking_loss(x2, target, reduction, margin) end

---@class tenmo.mse_loss.options
---@field reduction? 'mean'|'sum'|'none'

---the mean squared error
---@param x tenmo.Tensor
---@param target tenmo.Tensor
---@param reduction? 'mean'|'sum'|'none'|tenmo.mse_loss.options
---@return tenmo.Tensor
function tenmo.mse_loss(x, target, reduction) end

---the mean squared error
---@param target tenmo.Tensor
---@param reduction? 'mean'|'sum'|'none'|tenmo.mse_loss.options
---@return tenmo.Tensor
function Tensor:mse_loss(target, reduction) end

---@class tenmo.pairwise_distance.options
---@field p? number
---@field eps? number
---@field keepdim? boolean

---the p-norm of the difference along the last axis, eps added to each component
---@param x tenmo.Tensor
---@param other tenmo.Tensor
---@param p? number|tenmo.pairwise_distance.options
---@param eps? number|tenmo.pairwise_distance.options
---@param keepdim? boolean|tenmo.pairwise_distance.options
---@return tenmo.Tensor
function tenmo.pairwise_distance(x, other, p, eps, keepdim) end

---the p-norm of the difference along the last axis, eps added to each component
---@param other tenmo.Tensor
---@param p? number|tenmo.pairwise_distance.options
---@param eps? number|tenmo.pairwise_distance.options
---@param keepdim? boolean|tenmo.pairwise_distance.options
---@return tenmo.Tensor
function Tensor:pairwise_distance(other, p, eps, keepdim) end

---@class tenmo.poisson_nll_loss.options
---@field reduction? 'mean'|'sum'|'none'
---@field log_input? boolean
---@field full? boolean
---@field eps? number

---the negative log likelihood of counts: x is the logarithm of the rate, or with log_input = false the rate; full adds log(target!)
---@param x tenmo.Tensor
---@param target tenmo.Tensor
---@param reduction? 'mean'|'sum'|'none'|tenmo.poisson_nll_loss.options
---@param log_input? boolean|tenmo.poisson_nll_loss.options
---@param full? boolean|tenmo.poisson_nll_loss.options
---@param eps? number|tenmo.poisson_nll_loss.options
---@return tenmo.Tensor
function tenmo.poisson_nll_loss(x, target, reduction, log_input, full, eps) end

---the negative log likelihood of counts: x is the logarithm of the rate, or with log_input = false the rate; full adds log(target!)
---@param target tenmo.Tensor
---@param reduction? 'mean'|'sum'|'none'|tenmo.poisson_nll_loss.options
---@param log_input? boolean|tenmo.poisson_nll_loss.options
---@param full? boolean|tenmo.poisson_nll_loss.options
---@param eps? number|tenmo.poisson_nll_loss.options
---@return tenmo.Tensor
function Tensor:poisson_nll_loss(target, reduction, log_input, full, eps) end

---@class tenmo.smooth_l1_loss.options
---@field reduction? 'mean'|'sum'|'none'
---@field beta? number

---the absolute error, but squared within beta of 0
---@param x tenmo.Tensor
---@param target tenmo.Tensor
---@param reduction? 'mean'|'sum'|'none'|tenmo.smooth_l1_loss.options
---@param beta? number|tenmo.smooth_l1_loss.options
---@return tenmo.Tensor
function tenmo.smooth_l1_loss(x, target, reduction, beta) end

---the absolute error, but squared within beta of 0
---@param target tenmo.Tensor
---@param reduction? 'mean'|'sum'|'none'|tenmo.smooth_l1_loss.options
---@param beta? number|tenmo.smooth_l1_loss.options
---@return tenmo.Tensor
function Tensor:smooth_l1_loss(target, reduction, beta) end

---@class tenmo.soft_margin_loss.options
---@field reduction? 'mean'|'sum'|'none'

---the logistic loss for targets 1 and -1
---@param x tenmo.Tensor
---@param target tenmo.Tensor
---@param reduction? 'mean'|'sum'|'none'|tenmo.soft_margin_loss.options
---@return tenmo.Tensor
function tenmo.soft_margin_loss(x, target, reduction) end

---the logistic loss for targets 1 and -1
---@param target tenmo.Tensor
---@param reduction? 'mean'|'sum'|'none'|tenmo.soft_margin_loss.options
---@return tenmo.Tensor
function Tensor:soft_margin_loss(target, reduction) end

---@class tenmo.softmax.options
---@field axis? integer

---exp(x) / sum(exp(x)) along an axis
---@param x tenmo.Tensor
---@param axis? integer|tenmo.softmax.options
---@return tenmo.Tensor
function tenmo.softmax(x, axis) end

---exp(x) / sum(exp(x)) along an axis
---@param axis? integer|tenmo.softmax.options
---@return tenmo.Tensor
function Tensor:softmax(axis) end

---@class tenmo.triplet_margin_loss.options
---@field reduction? 'mean'|'sum'|'none'
---@field margin? number
---@field p? number
---@field eps? number
---@field swap? boolean

---how much closer than margin the negative is than the positive; swap takes the distance between positive and negative where that is less
---@param anchor tenmo.Tensor
---@param positive tenmo.Tensor
---@param negative tenmo.Tensor
---@param reduction? 'mean'|'sum'|'none'|tenmo.triplet_margin_loss.options
---@param margin? number|tenmo.triplet_margin_loss.options
---@param p? number|tenmo.triplet_margin_loss.options
---@param eps? number|tenmo.triplet_margin_loss.options
---@param swap? boolean|tenmo.triplet_margin_loss.options
---@return tenmo.Tensor
function tenmo.triplet_margin_loss(anchor, positive, negative, reduction, margin, p, eps, swap) end

---how much closer than margin the negative is than the positive; swap takes the distance between positive and negative where that is less
---@param positive tenmo.Tensor
---@param negative tenmo.Tensor
---@param reduction? 'mean'|'sum'|'none'|tenmo.triplet_margin_loss.options
---@param margin? number|tenmo.triplet_margin_loss.options
---@param p? number|tenmo.triplet_margin_loss.options
---@param eps? number|tenmo.triplet_margin_loss.options
---@param swap? boolean|tenmo.triplet_margin_loss.options
---@return tenmo.Tensor
function Tensor:triplet_margin_loss(positive, negative, reduction, margin, p, eps, swap) end

---@class tenmo.allclose.options
---@field rtol? number
---@field atol? number
---@field equal_nan? boolean

---are all elements close, as isclose says? a boolean
---@param x tenmo.Tensor
---@param other tenmo.Tensor
---@param rtol? number|tenmo.allclose.options
---@param atol? number|tenmo.allclose.options
---@param equal_nan? boolean|tenmo.allclose.options
---@return tenmo.Tensor
function tenmo.allclose(x, other, rtol, atol, equal_nan) end

---are all elements close, as isclose says? a boolean
---@param other tenmo.Tensor
---@param rtol? number|tenmo.allclose.options
---@param atol? number|tenmo.allclose.options
---@param equal_nan? boolean|tenmo.allclose.options
---@return tenmo.Tensor
function Tensor:allclose(other, rtol, atol, equal_nan) end

---x equals other, as bool
---@param x tenmo.Tensor|number
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.eq(x, other) end

---x equals other, as bool
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:eq(other) end

---x equals other, as bool; written over x
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:eq_(other) end

---have both the same shape and elements? a boolean
---@param x tenmo.Tensor
---@param other tenmo.Tensor
---@return tenmo.Tensor
function tenmo.equal(x, other) end

---have both the same shape and elements? a boolean
---@param other tenmo.Tensor
---@return tenmo.Tensor
function Tensor:equal(other) end

---x is at least other, as bool
---@param x tenmo.Tensor|number
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.ge(x, other) end

---x is at least other, as bool
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:ge(other) end

---x is at least other, as bool; written over x
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:ge_(other) end

---x is greater than other, as bool
---@param x tenmo.Tensor|number
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.gt(x, other) end

---x is greater than other, as bool
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:gt(other) end

---x is greater than other, as bool; written over x
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:gt_(other) end

---@class tenmo.isclose.options
---@field rtol? number
---@field atol? number
---@field equal_nan? boolean

---is x within atol + rtol |other| of other? equal infinities are
---@param x tenmo.Tensor|number
---@param other tenmo.Tensor|number
---@param rtol? number|tenmo.isclose.options
---@param atol? number|tenmo.isclose.options
---@param equal_nan? boolean|tenmo.isclose.options
---@return tenmo.Tensor
function tenmo.isclose(x, other, rtol, atol, equal_nan) end

---is x within atol + rtol |other| of other? equal infinities are
---@param other tenmo.Tensor|number
---@param rtol? number|tenmo.isclose.options
---@param atol? number|tenmo.isclose.options
---@param equal_nan? boolean|tenmo.isclose.options
---@return tenmo.Tensor
function Tensor:isclose(other, rtol, atol, equal_nan) end

---is it a number, and finite?
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.isfinite(x) end

---is it a number, and finite?
---@return tenmo.Tensor
function Tensor:isfinite() end

---is it infinite?
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.isinf(x) end

---is it infinite?
---@return tenmo.Tensor
function Tensor:isinf() end

---is it not a number?
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.isnan(x) end

---is it not a number?
---@return tenmo.Tensor
function Tensor:isnan() end

---x is at most other, as bool
---@param x tenmo.Tensor|number
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.le(x, other) end

---x is at most other, as bool
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:le(other) end

---x is at most other, as bool; written over x
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:le_(other) end

---both are true (not 0)
---@param x tenmo.Tensor|number
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.logical_and(x, other) end

---both are true (not 0)
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:logical_and(other) end

---both are true (not 0); written over x
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:logical_and_(other) end

---true where x is 0
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.logical_not(x) end

---true where x is 0
---@return tenmo.Tensor
function Tensor:logical_not() end

---true where x is 0; written over x
---@return tenmo.Tensor
function Tensor:logical_not_() end

---one at least is true (not 0)
---@param x tenmo.Tensor|number
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.logical_or(x, other) end

---one at least is true (not 0)
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:logical_or(other) end

---one at least is true (not 0); written over x
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:logical_or_(other) end

---just one is true (not 0)
---@param x tenmo.Tensor|number
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.logical_xor(x, other) end

---just one is true (not 0)
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:logical_xor(other) end

---just one is true (not 0); written over x
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:logical_xor_(other) end

---x is less than other, as bool
---@param x tenmo.Tensor|number
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.lt(x, other) end

---x is less than other, as bool
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:lt(other) end

---x is less than other, as bool; written over x
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:lt_(other) end

---value where the mask (bool) is true, else x; the dtype stays
---@param x tenmo.Tensor|number
---@param mask tenmo.Tensor|number
---@param value tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.masked_fill(x, mask, value) end

---value where the mask (bool) is true, else x; the dtype stays
---@param mask tenmo.Tensor|number
---@param value tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:masked_fill(mask, value) end

---value where the mask (bool) is true, else x; the dtype stays; written over x
---@param mask tenmo.Tensor|number
---@param value tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:masked_fill_(mask, value) end

---@class tenmo.nan_to_num.options
---@field nan? number
---@field posinf? number
---@field neginf? number

---nan for NaN, posinf and neginf for the infinities: the dtype's largest numbers, unless given
---@param x tenmo.Tensor
---@param nan? number|tenmo.nan_to_num.options
---@param posinf? number|tenmo.nan_to_num.options
---@param neginf? number|tenmo.nan_to_num.options
---@return tenmo.Tensor
function tenmo.nan_to_num(x, nan, posinf, neginf) end

---nan for NaN, posinf and neginf for the infinities: the dtype's largest numbers, unless given
---@param nan? number|tenmo.nan_to_num.options
---@param posinf? number|tenmo.nan_to_num.options
---@param neginf? number|tenmo.nan_to_num.options
---@return tenmo.Tensor
function Tensor:nan_to_num(nan, posinf, neginf) end

---nan for NaN, posinf and neginf for the infinities: the dtype's largest numbers, unless given; written over x
---@param nan? number|tenmo.nan_to_num.options
---@param posinf? number|tenmo.nan_to_num.options
---@param neginf? number|tenmo.nan_to_num.options
---@return tenmo.Tensor
function Tensor:nan_to_num_(nan, posinf, neginf) end

---x differs from other, as bool
---@param x tenmo.Tensor|number
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.ne(x, other) end

---x differs from other, as bool
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:ne(other) end

---x differs from other, as bool; written over x
---@param other tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:ne_(other) end

---is it less than 0, or -0?
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.signbit(x) end

---is it less than 0, or -0?
---@return tenmo.Tensor
function Tensor:signbit() end

---x in another dtype; a float that becomes an integer loses its fraction, saturates, and NaN is 0
---@param x tenmo.Tensor
---@param dtype tenmo.dtype
---@return tenmo.Tensor
function tenmo.cast(x, dtype) end

---x in another dtype; a float that becomes an integer loses its fraction, saturates, and NaN is 0
---@param dtype tenmo.dtype
---@return tenmo.Tensor
function Tensor:cast(dtype) end

---a contiguous copy of x
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.copy(x) end

---a contiguous copy of x
---@return tenmo.Tensor
function Tensor:copy() end

---a contiguous copy of x; written over x
---@return tenmo.Tensor
function Tensor:copy_() end

---a copy of x on another device; a gradient comes back to where x is
---@param x tenmo.Tensor
---@param device 'cpu'|'cuda'
---@return tenmo.Tensor
function tenmo.to_device(x, device) end

---a copy of x on another device; a gradient comes back to where x is
---@param device 'cpu'|'cuda'
---@return tenmo.Tensor
function Tensor:to_device(device) end

---@class tenmo.all.options
---@field axes? integer|integer[]
---@field keepdim? boolean

---are all elements true (not 0)?
---@param x tenmo.Tensor
---@param axes? integer|integer[]|tenmo.all.options
---@param keepdim? boolean|tenmo.all.options
---@return tenmo.Tensor
function tenmo.all(x, axes, keepdim) end

---are all elements true (not 0)?
---@param axes? integer|integer[]|tenmo.all.options
---@param keepdim? boolean|tenmo.all.options
---@return tenmo.Tensor
function Tensor:all(axes, keepdim) end

---@class tenmo.amax.options
---@field axes? integer|integer[]
---@field keepdim? boolean

---the largest element, over all or over axes; equal ones share the gradient
---@param x tenmo.Tensor
---@param axes? integer|integer[]|tenmo.amax.options
---@param keepdim? boolean|tenmo.amax.options
---@return tenmo.Tensor
function tenmo.amax(x, axes, keepdim) end

---the largest element, over all or over axes; equal ones share the gradient
---@param axes? integer|integer[]|tenmo.amax.options
---@param keepdim? boolean|tenmo.amax.options
---@return tenmo.Tensor
function Tensor:amax(axes, keepdim) end

---@class tenmo.amin.options
---@field axes? integer|integer[]
---@field keepdim? boolean

---the smallest element, over all or over axes; equal ones share the gradient
---@param x tenmo.Tensor
---@param axes? integer|integer[]|tenmo.amin.options
---@param keepdim? boolean|tenmo.amin.options
---@return tenmo.Tensor
function tenmo.amin(x, axes, keepdim) end

---the smallest element, over all or over axes; equal ones share the gradient
---@param axes? integer|integer[]|tenmo.amin.options
---@param keepdim? boolean|tenmo.amin.options
---@return tenmo.Tensor
function Tensor:amin(axes, keepdim) end

---@class tenmo.aminmax.options
---@field axes? integer|integer[]
---@field keepdim? boolean

---the smallest and the largest element, over all or over axes
---@param x tenmo.Tensor
---@param axes? integer|integer[]|tenmo.aminmax.options
---@param keepdim? boolean|tenmo.aminmax.options
---@return tenmo.Tensor
function tenmo.aminmax(x, axes, keepdim) end

---the smallest and the largest element, over all or over axes
---@param axes? integer|integer[]|tenmo.aminmax.options
---@param keepdim? boolean|tenmo.aminmax.options
---@return tenmo.Tensor
function Tensor:aminmax(axes, keepdim) end

---@class tenmo.any.options
---@field axes? integer|integer[]
---@field keepdim? boolean

---is any element true (not 0)?
---@param x tenmo.Tensor
---@param axes? integer|integer[]|tenmo.any.options
---@param keepdim? boolean|tenmo.any.options
---@return tenmo.Tensor
function tenmo.any(x, axes, keepdim) end

---is any element true (not 0)?
---@param axes? integer|integer[]|tenmo.any.options
---@param keepdim? boolean|tenmo.any.options
---@return tenmo.Tensor
function Tensor:any(axes, keepdim) end

---@class tenmo.argmax.options
---@field axis? integer
---@field keepdim? boolean

---the id of the largest element (the first of equals), of the flattened tensor or along an axis
---@param x tenmo.Tensor
---@param axis? integer|tenmo.argmax.options
---@param keepdim? boolean|tenmo.argmax.options
---@return tenmo.Tensor
function tenmo.argmax(x, axis, keepdim) end

---the id of the largest element (the first of equals), of the flattened tensor or along an axis
---@param axis? integer|tenmo.argmax.options
---@param keepdim? boolean|tenmo.argmax.options
---@return tenmo.Tensor
function Tensor:argmax(axis, keepdim) end

---@class tenmo.argmin.options
---@field axis? integer
---@field keepdim? boolean

---the id of the smallest element (the first of equals), of the flattened tensor or along an axis
---@param x tenmo.Tensor
---@param axis? integer|tenmo.argmin.options
---@param keepdim? boolean|tenmo.argmin.options
---@return tenmo.Tensor
function tenmo.argmin(x, axis, keepdim) end

---the id of the smallest element (the first of equals), of the flattened tensor or along an axis
---@param axis? integer|tenmo.argmin.options
---@param keepdim? boolean|tenmo.argmin.options
---@return tenmo.Tensor
function Tensor:argmin(axis, keepdim) end

---@class tenmo.count_nonzero.options
---@field axes? integer|integer[]

---how many elements are not 0
---@param x tenmo.Tensor
---@param axes? integer|integer[]|tenmo.count_nonzero.options
---@return tenmo.Tensor
function tenmo.count_nonzero(x, axes) end

---how many elements are not 0
---@param axes? integer|integer[]|tenmo.count_nonzero.options
---@return tenmo.Tensor
function Tensor:count_nonzero(axes) end

---@class tenmo.diff.options
---@field n? integer
---@field axis? integer
---@field prepend? tenmo.Tensor
---@field append? tenmo.Tensor

---the differences of neighbours along an axis, taken n times; of x with prepend before and append behind it
---@param x tenmo.Tensor
---@param n? integer|tenmo.diff.options
---@param axis? integer|tenmo.diff.options
---@param prepend? tenmo.Tensor|tenmo.diff.options
---@param append? tenmo.Tensor|tenmo.diff.options
---@return tenmo.Tensor
function tenmo.diff(x, n, axis, prepend, append) end

---the differences of neighbours along an axis, taken n times; of x with prepend before and append behind it
---@param n? integer|tenmo.diff.options
---@param axis? integer|tenmo.diff.options
---@param prepend? tenmo.Tensor|tenmo.diff.options
---@param append? tenmo.Tensor|tenmo.diff.options
---@return tenmo.Tensor
function Tensor:diff(n, axis, prepend, append) end

---@class tenmo.dist.options
---@field p? number

---the p-norm of x - other
---@param x tenmo.Tensor
---@param other tenmo.Tensor
---@param p? number|tenmo.dist.options
---@return tenmo.Tensor
function tenmo.dist(x, other, p) end

---the p-norm of x - other
---@param other tenmo.Tensor
---@param p? number|tenmo.dist.options
---@return tenmo.Tensor
function Tensor:dist(other, p) end

---@class tenmo.logsumexp.options
---@field axes? integer|integer[]
---@field keepdim? boolean

---log(sum(exp(x))), without overflow
---@param x tenmo.Tensor
---@param axes? integer|integer[]|tenmo.logsumexp.options
---@param keepdim? boolean|tenmo.logsumexp.options
---@return tenmo.Tensor
function tenmo.logsumexp(x, axes, keepdim) end

---log(sum(exp(x))), without overflow
---@param axes? integer|integer[]|tenmo.logsumexp.options
---@param keepdim? boolean|tenmo.logsumexp.options
---@return tenmo.Tensor
function Tensor:logsumexp(axes, keepdim) end

---@class tenmo.matrix_norm.options
---@field p? 'fro'|'nuc'|'one'|'two'|'inf'
---@field keepdim? boolean

---of the last two axes: 'fro' as of a vector, 'nuc' the sum of the singular values, 'two' the largest of them, 'one' the largest sum of a column, 'inf' of a row
---@param x tenmo.Tensor
---@param p? 'fro'|'nuc'|'one'|'two'|'inf'|tenmo.matrix_norm.options
---@param keepdim? boolean|tenmo.matrix_norm.options
---@return tenmo.Tensor
function tenmo.matrix_norm(x, p, keepdim) end

---of the last two axes: 'fro' as of a vector, 'nuc' the sum of the singular values, 'two' the largest of them, 'one' the largest sum of a column, 'inf' of a row
---@param p? 'fro'|'nuc'|'one'|'two'|'inf'|tenmo.matrix_norm.options
---@param keepdim? boolean|tenmo.matrix_norm.options
---@return tenmo.Tensor
function Tensor:matrix_norm(p, keepdim) end

---@class tenmo.max.options
---@field axis? integer
---@field keepdim? boolean

---the largest element; along an axis also its ids (the first of equals)
---@param x tenmo.Tensor
---@param axis? integer|tenmo.max.options
---@param keepdim? boolean|tenmo.max.options
---@return tenmo.Tensor
---@return tenmo.Tensor
function tenmo.max(x, axis, keepdim) end

---the largest element; along an axis also its ids (the first of equals)
---@param axis? integer|tenmo.max.options
---@param keepdim? boolean|tenmo.max.options
---@return tenmo.Tensor
---@return tenmo.Tensor
function Tensor:max(axis, keepdim) end

---@class tenmo.mean.options
---@field axes? integer|integer[]
---@field keepdim? boolean

---the mean over all elements, or over axes
---@param x tenmo.Tensor
---@param axes? integer|integer[]|tenmo.mean.options
---@param keepdim? boolean|tenmo.mean.options
---@return tenmo.Tensor
function tenmo.mean(x, axes, keepdim) end

---the mean over all elements, or over axes
---@param axes? integer|integer[]|tenmo.mean.options
---@param keepdim? boolean|tenmo.mean.options
---@return tenmo.Tensor
function Tensor:mean(axes, keepdim) end

---@class tenmo.min.options
---@field axis? integer
---@field keepdim? boolean

---the smallest element; along an axis also its ids (the first of equals)
---@param x tenmo.Tensor
---@param axis? integer|tenmo.min.options
---@param keepdim? boolean|tenmo.min.options
---@return tenmo.Tensor
---@return tenmo.Tensor
function tenmo.min(x, axis, keepdim) end

---the smallest element; along an axis also its ids (the first of equals)
---@param axis? integer|tenmo.min.options
---@param keepdim? boolean|tenmo.min.options
---@return tenmo.Tensor
---@return tenmo.Tensor
function Tensor:min(axis, keepdim) end

---@class tenmo.nanmean.options
---@field axes? integer|integer[]
---@field keepdim? boolean

---the mean of what is not NaN
---@param x tenmo.Tensor
---@param axes? integer|integer[]|tenmo.nanmean.options
---@param keepdim? boolean|tenmo.nanmean.options
---@return tenmo.Tensor
function tenmo.nanmean(x, axes, keepdim) end

---the mean of what is not NaN
---@param axes? integer|integer[]|tenmo.nanmean.options
---@param keepdim? boolean|tenmo.nanmean.options
---@return tenmo.Tensor
function Tensor:nanmean(axes, keepdim) end

---@class tenmo.nansum.options
---@field axes? integer|integer[]
---@field keepdim? boolean

---the sum of what is not NaN
---@param x tenmo.Tensor
---@param axes? integer|integer[]|tenmo.nansum.options
---@param keepdim? boolean|tenmo.nansum.options
---@return tenmo.Tensor
function tenmo.nansum(x, axes, keepdim) end

---the sum of what is not NaN
---@param axes? integer|integer[]|tenmo.nansum.options
---@param keepdim? boolean|tenmo.nansum.options
---@return tenmo.Tensor
function Tensor:nansum(axes, keepdim) end

---@class tenmo.norm.options
---@field p? number
---@field axes? integer|integer[]
---@field keepdim? boolean

---the p-norm of all elements, or over axes; p may be inf or -inf, and 0 counts what is not 0
---@param x tenmo.Tensor
---@param p? number|tenmo.norm.options
---@param axes? integer|integer[]|tenmo.norm.options
---@param keepdim? boolean|tenmo.norm.options
---@return tenmo.Tensor
function tenmo.norm(x, p, axes, keepdim) end

---the p-norm of all elements, or over axes; p may be inf or -inf, and 0 counts what is not 0
---@param p? number|tenmo.norm.options
---@param axes? integer|integer[]|tenmo.norm.options
---@param keepdim? boolean|tenmo.norm.options
---@return tenmo.Tensor
function Tensor:norm(p, axes, keepdim) end

---@class tenmo.prod.options
---@field axes? integer|integer[]
---@field keepdim? boolean

---the product of all elements, or over axes; of integers and bool as int64
---@param x tenmo.Tensor
---@param axes? integer|integer[]|tenmo.prod.options
---@param keepdim? boolean|tenmo.prod.options
---@return tenmo.Tensor
function tenmo.prod(x, axes, keepdim) end

---the product of all elements, or over axes; of integers and bool as int64
---@param axes? integer|integer[]|tenmo.prod.options
---@param keepdim? boolean|tenmo.prod.options
---@return tenmo.Tensor
function Tensor:prod(axes, keepdim) end

---@class tenmo.softmin.options
---@field axis? integer

---softmax(-x)
---@param x tenmo.Tensor
---@param axis? integer|tenmo.softmin.options
---@return tenmo.Tensor
function tenmo.softmin(x, axis) end

---softmax(-x)
---@param axis? integer|tenmo.softmin.options
---@return tenmo.Tensor
function Tensor:softmin(axis) end

---@class tenmo.std.options
---@field axes? integer|integer[]
---@field correction? number
---@field unbiased? boolean
---@field keepdim? boolean

---the standard deviation: the square root of var
---@param x tenmo.Tensor
---@param axes? integer|integer[]|tenmo.std.options
---@param correction? number|tenmo.std.options
---@param unbiased? boolean|tenmo.std.options
---@param keepdim? boolean|tenmo.std.options
---@return tenmo.Tensor
function tenmo.std(x, axes, correction, unbiased, keepdim) end

---the standard deviation: the square root of var
---@param axes? integer|integer[]|tenmo.std.options
---@param correction? number|tenmo.std.options
---@param unbiased? boolean|tenmo.std.options
---@param keepdim? boolean|tenmo.std.options
---@return tenmo.Tensor
function Tensor:std(axes, correction, unbiased, keepdim) end

---@class tenmo.std_mean.options
---@field axes? integer|integer[]
---@field correction? number
---@field unbiased? boolean
---@field keepdim? boolean

---the standard deviation and the mean
---@param x tenmo.Tensor
---@param axes? integer|integer[]|tenmo.std_mean.options
---@param correction? number|tenmo.std_mean.options
---@param unbiased? boolean|tenmo.std_mean.options
---@param keepdim? boolean|tenmo.std_mean.options
---@return tenmo.Tensor
function tenmo.std_mean(x, axes, correction, unbiased, keepdim) end

---the standard deviation and the mean
---@param axes? integer|integer[]|tenmo.std_mean.options
---@param correction? number|tenmo.std_mean.options
---@param unbiased? boolean|tenmo.std_mean.options
---@param keepdim? boolean|tenmo.std_mean.options
---@return tenmo.Tensor
function Tensor:std_mean(axes, correction, unbiased, keepdim) end

---@class tenmo.sum.options
---@field axes? integer|integer[]
---@field keepdim? boolean

---the sum over all elements, or over axes; integers and bool sum to int64
---@param x tenmo.Tensor
---@param axes? integer|integer[]|tenmo.sum.options
---@param keepdim? boolean|tenmo.sum.options
---@return tenmo.Tensor
function tenmo.sum(x, axes, keepdim) end

---the sum over all elements, or over axes; integers and bool sum to int64
---@param axes? integer|integer[]|tenmo.sum.options
---@param keepdim? boolean|tenmo.sum.options
---@return tenmo.Tensor
function Tensor:sum(axes, keepdim) end

---@class tenmo.trapezoid.options
---@field dx? number
---@field axis? integer

---the integral along an axis by the trapezoidal rule, at the places x or dx apart
---@param y tenmo.Tensor
---@param x? tenmo.Tensor
---@param dx? number|tenmo.trapezoid.options
---@param axis? integer|tenmo.trapezoid.options
---@return tenmo.Tensor
function tenmo.trapezoid(y, x, dx, axis) end

---the integral along an axis by the trapezoidal rule, at the places x or dx apart
---@param x? tenmo.Tensor
---@param dx? number|tenmo.trapezoid.options
---@param axis? integer|tenmo.trapezoid.options
---@return tenmo.Tensor
function Tensor:trapezoid(x, dx, axis) end

---@class tenmo.var.options
---@field axes? integer|integer[]
---@field correction? number
---@field unbiased? boolean
---@field keepdim? boolean

---the variance, divided by n - correction; unbiased = false divides by n
---@param x tenmo.Tensor
---@param axes? integer|integer[]|tenmo.var.options
---@param correction? number|tenmo.var.options
---@param unbiased? boolean|tenmo.var.options
---@param keepdim? boolean|tenmo.var.options
---@return tenmo.Tensor
function tenmo.var(x, axes, correction, unbiased, keepdim) end

---the variance, divided by n - correction; unbiased = false divides by n
---@param axes? integer|integer[]|tenmo.var.options
---@param correction? number|tenmo.var.options
---@param unbiased? boolean|tenmo.var.options
---@param keepdim? boolean|tenmo.var.options
---@return tenmo.Tensor
function Tensor:var(axes, correction, unbiased, keepdim) end

---@class tenmo.var_mean.options
---@field axes? integer|integer[]
---@field correction? number
---@field unbiased? boolean
---@field keepdim? boolean

---the variance and the mean
---@param x tenmo.Tensor
---@param axes? integer|integer[]|tenmo.var_mean.options
---@param correction? number|tenmo.var_mean.options
---@param unbiased? boolean|tenmo.var_mean.options
---@param keepdim? boolean|tenmo.var_mean.options
---@return tenmo.Tensor
function tenmo.var_mean(x, axes, correction, unbiased, keepdim) end

---the variance and the mean
---@param axes? integer|integer[]|tenmo.var_mean.options
---@param correction? number|tenmo.var_mean.options
---@param unbiased? boolean|tenmo.var_mean.options
---@param keepdim? boolean|tenmo.var_mean.options
---@return tenmo.Tensor
function Tensor:var_mean(axes, correction, unbiased, keepdim) end

---@class tenmo.vector_norm.options
---@field p? number
---@field axes? integer|integer[]
---@field keepdim? boolean

---norm under its other name
---@param x tenmo.Tensor
---@param p? number|tenmo.vector_norm.options
---@param axes? integer|integer[]|tenmo.vector_norm.options
---@param keepdim? boolean|tenmo.vector_norm.options
---@return tenmo.Tensor
function tenmo.vector_norm(x, p, axes, keepdim) end

---norm under its other name
---@param p? number|tenmo.vector_norm.options
---@param axes? integer|integer[]|tenmo.vector_norm.options
---@param keepdim? boolean|tenmo.vector_norm.options
---@return tenmo.Tensor
function Tensor:vector_norm(p, axes, keepdim) end

---@class tenmo.cummax.options
---@field axis? integer

---the largest so far along an axis, and its ids (the last of equals)
---@param x tenmo.Tensor
---@param axis? integer|tenmo.cummax.options
---@return tenmo.Tensor
function tenmo.cummax(x, axis) end

---the largest so far along an axis, and its ids (the last of equals)
---@param axis? integer|tenmo.cummax.options
---@return tenmo.Tensor
function Tensor:cummax(axis) end

---@class tenmo.cummin.options
---@field axis? integer

---the smallest so far along an axis, and its ids (the last of equals)
---@param x tenmo.Tensor
---@param axis? integer|tenmo.cummin.options
---@return tenmo.Tensor
function tenmo.cummin(x, axis) end

---the smallest so far along an axis, and its ids (the last of equals)
---@param axis? integer|tenmo.cummin.options
---@return tenmo.Tensor
function Tensor:cummin(axis) end

---@class tenmo.cumprod.options
---@field axis? integer

---running products along an axis; of integers and bool as int64
---@param x tenmo.Tensor
---@param axis? integer|tenmo.cumprod.options
---@return tenmo.Tensor
function tenmo.cumprod(x, axis) end

---running products along an axis; of integers and bool as int64
---@param axis? integer|tenmo.cumprod.options
---@return tenmo.Tensor
function Tensor:cumprod(axis) end

---@class tenmo.cumsum.options
---@field axis? integer

---running sums along an axis; of integers and bool as int64
---@param x tenmo.Tensor
---@param axis? integer|tenmo.cumsum.options
---@return tenmo.Tensor
function tenmo.cumsum(x, axis) end

---running sums along an axis; of integers and bool as int64
---@param axis? integer|tenmo.cumsum.options
---@return tenmo.Tensor
function Tensor:cumsum(axis) end

---@class tenmo.logcumsumexp.options
---@field axis? integer

---the logarithm of running sums of exp(x), without overflow
---@param x tenmo.Tensor
---@param axis? integer|tenmo.logcumsumexp.options
---@return tenmo.Tensor
function tenmo.logcumsumexp(x, axis) end

---the logarithm of running sums of exp(x), without overflow
---@param axis? integer|tenmo.logcumsumexp.options
---@return tenmo.Tensor
function Tensor:logcumsumexp(axis) end

---@class tenmo.order_statistic.options
---@field axis? integer
---@field skip_nan? boolean

---the k-th smallest element along an axis, which keeps size 1, and its id, as sort orders them; k = 0 is the lower of the two in the middle: NaN where there is one, or with skip_nan = true the middle of the numbers alone
---@param x tenmo.Tensor
---@param k integer
---@param axis? integer|tenmo.order_statistic.options
---@param skip_nan? boolean|tenmo.order_statistic.options
---@return tenmo.Tensor
function tenmo.order_statistic(x, k, axis, skip_nan) end

---the k-th smallest element along an axis, which keeps size 1, and its id, as sort orders them; k = 0 is the lower of the two in the middle: NaN where there is one, or with skip_nan = true the middle of the numbers alone
---@param k integer
---@param axis? integer|tenmo.order_statistic.options
---@param skip_nan? boolean|tenmo.order_statistic.options
---@return tenmo.Tensor
function Tensor:order_statistic(k, axis, skip_nan) end

---@class tenmo.sort.options
---@field axis? integer
---@field descending? boolean

---the elements in order along an axis, and their ids; equal ones keep their order, NaN counts as the largest
---@param x tenmo.Tensor
---@param axis? integer|tenmo.sort.options
---@param descending? boolean|tenmo.sort.options
---@return tenmo.Tensor
function tenmo.sort(x, axis, descending) end

---the elements in order along an axis, and their ids; equal ones keep their order, NaN counts as the largest
---@param axis? integer|tenmo.sort.options
---@param descending? boolean|tenmo.sort.options
---@return tenmo.Tensor
function Tensor:sort(axis, descending) end

---@class tenmo.topk.options
---@field axis? integer
---@field largest? boolean

---the k largest (or smallest) elements along an axis, in order, and their ids
---@param x tenmo.Tensor
---@param k integer
---@param axis? integer|tenmo.topk.options
---@param largest? boolean|tenmo.topk.options
---@return tenmo.Tensor
function tenmo.topk(x, k, axis, largest) end

---the k largest (or smallest) elements along an axis, in order, and their ids
---@param k integer
---@param axis? integer|tenmo.topk.options
---@param largest? boolean|tenmo.topk.options
---@return tenmo.Tensor
function Tensor:topk(k, axis, largest) end

---@class tenmo.linear.options
---@field relu? boolean

---x times weight transposed plus bias, weight as (out, in), or (in) for a single output without an axis; with relu = true its ReLU in the same pass
---@param x tenmo.Tensor
---@param weight tenmo.Tensor
---@param bias? tenmo.Tensor
---@param relu? boolean|tenmo.linear.options
---@return tenmo.Tensor
function tenmo.linear(x, weight, bias, relu) end

---x times weight transposed plus bias, weight as (out, in), or (in) for a single output without an axis; with relu = true its ReLU in the same pass
---@param weight tenmo.Tensor
---@param bias? tenmo.Tensor
---@param relu? boolean|tenmo.linear.options
---@return tenmo.Tensor
function Tensor:linear(weight, bias, relu) end

---matrix product; vectors, matrices and batches of them, as in PyTorch
---@param x tenmo.Tensor
---@param other tenmo.Tensor
---@return tenmo.Tensor
function tenmo.matmul(x, other) end

---matrix product; vectors, matrices and batches of them, as in PyTorch
---@param other tenmo.Tensor
---@return tenmo.Tensor
function Tensor:matmul(other) end

---@class tenmo.cholesky.options
---@field upper? boolean

---the lower triangular L with L L' = x for symmetric positive definite x; upper: U with U' U = x; only that triangle of x is read
---@param x tenmo.Tensor
---@param upper? boolean|tenmo.cholesky.options
---@return tenmo.Tensor
function tenmo.cholesky(x, upper) end

---the lower triangular L with L L' = x for symmetric positive definite x; upper: U with U' U = x; only that triangle of x is read
---@param upper? boolean|tenmo.cholesky.options
---@return tenmo.Tensor
function Tensor:cholesky(upper) end

---the determinant of square matrices
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.det(x) end

---the determinant of square matrices
---@return tenmo.Tensor
function Tensor:det() end

---the eigenvalues of symmetric matrices (..., n, n), rising, and their vectors in the columns of a second result; only the lower triangle is read
---@param x tenmo.Tensor
---@return tenmo.Tensor
---@return tenmo.Tensor
function tenmo.eigh(x) end

---the eigenvalues of symmetric matrices (..., n, n), rising, and their vectors in the columns of a second result; only the lower triangle is read
---@return tenmo.Tensor
---@return tenmo.Tensor
function Tensor:eigh() end

---eigh as one tensor (..., n, 1 + n): row i is eigenvalue i, then its vector; only the lower triangle of x is read
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.eigh_rows(x) end

---eigh as one tensor (..., n, 1 + n): row i is eigenvalue i, then its vector; only the lower triangle of x is read
---@return tenmo.Tensor
function Tensor:eigh_rows() end

---the inverse of square matrices
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.inv(x) end

---the inverse of square matrices
---@return tenmo.Tensor
function Tensor:inv() end

---the logarithm of the determinant's absolute value; the second result is its sign: see slogdet
---@param x tenmo.Tensor
---@return tenmo.Tensor
---@return tenmo.Tensor
function tenmo.logabsdet(x) end

---the logarithm of the determinant's absolute value; the second result is its sign: see slogdet
---@return tenmo.Tensor
---@return tenmo.Tensor
function Tensor:logabsdet() end

---@class tenmo.lstsq.options
---@field rcond? number

---x of least norm with a x nearest to b; then the sums of squares that are left, for each column (none where m <= n or the rank is less), the rank, the singular values; those up to rcond * the largest count as 0
---@param a tenmo.Tensor
---@param b tenmo.Tensor
---@param rcond? number|tenmo.lstsq.options
---@return tenmo.Tensor
---@return tenmo.Tensor
---@return tenmo.Tensor
---@return tenmo.Tensor
function tenmo.lstsq(a, b, rcond) end

---x of least norm with a x nearest to b; then the sums of squares that are left, for each column (none where m <= n or the rank is less), the rank, the singular values; those up to rcond * the largest count as 0
---@param b tenmo.Tensor
---@param rcond? number|tenmo.lstsq.options
---@return tenmo.Tensor
---@return tenmo.Tensor
---@return tenmo.Tensor
---@return tenmo.Tensor
function Tensor:lstsq(b, rcond) end

---@class tenmo.pinv.options
---@field rtol? tenmo.Tensor
---@field atol? tenmo.Tensor
---@field hermitian? boolean

---the pseudoinverse of any matrices; singular values up to max(atol, rtol * the largest) count as 0; both are numbers, or tensors with one for each matrix; rtol is max(m, n) * epsilon, or 0 where atol is more; hermitian = true takes symmetric matrices, of which only the lower triangle is read
---@param x tenmo.Tensor
---@param rtol? tenmo.Tensor|tenmo.pinv.options
---@param atol? tenmo.Tensor|tenmo.pinv.options
---@param hermitian? boolean|tenmo.pinv.options
---@return tenmo.Tensor
function tenmo.pinv(x, rtol, atol, hermitian) end

---the pseudoinverse of any matrices; singular values up to max(atol, rtol * the largest) count as 0; both are numbers, or tensors with one for each matrix; rtol is max(m, n) * epsilon, or 0 where atol is more; hermitian = true takes symmetric matrices, of which only the lower triangle is read
---@param rtol? tenmo.Tensor|tenmo.pinv.options
---@param atol? tenmo.Tensor|tenmo.pinv.options
---@param hermitian? boolean|tenmo.pinv.options
---@return tenmo.Tensor
function Tensor:pinv(rtol, atol, hermitian) end

---@class tenmo.qr.options
---@field mode? 'reduced'|'complete'|'r'

---Q with orthonormal columns and R, upper triangular, with Q R = x; mode = 'complete' gives a square Q, 'r' just R
---@param x tenmo.Tensor
---@param mode? 'reduced'|'complete'|'r'|tenmo.qr.options
---@return tenmo.Tensor
---@return tenmo.Tensor|nil
function tenmo.qr(x, mode) end

---Q with orthonormal columns and R, upper triangular, with Q R = x; mode = 'complete' gives a square Q, 'r' just R
---@param mode? 'reduced'|'complete'|'r'|tenmo.qr.options
---@return tenmo.Tensor
---@return tenmo.Tensor|nil
function Tensor:qr(mode) end

---qr as one tensor (..., k, m + n): row i is column i of Q, then row i of R
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.qr_rows(x) end

---qr as one tensor (..., k, m + n): row i is column i of Q, then row i of R
---@return tenmo.Tensor
function Tensor:qr_rows() end

---the sign of the determinant of square matrices, and the logarithm of its absolute value
---@param x tenmo.Tensor
---@return tenmo.Tensor
---@return tenmo.Tensor
function tenmo.slogdet(x) end

---the sign of the determinant of square matrices, and the logarithm of its absolute value
---@return tenmo.Tensor
---@return tenmo.Tensor
function Tensor:slogdet() end

---@class tenmo.solve.options
---@field left? boolean

---x with a x = b for square matrices a; b holds columns, or is a vector; left = false: x a = b
---@param a tenmo.Tensor
---@param b tenmo.Tensor
---@param left? boolean|tenmo.solve.options
---@return tenmo.Tensor
function tenmo.solve(a, b, left) end

---x with a x = b for square matrices a; b holds columns, or is a vector; left = false: x a = b
---@param b tenmo.Tensor
---@param left? boolean|tenmo.solve.options
---@return tenmo.Tensor
function Tensor:solve(b, left) end

---@class tenmo.solve_triangular.options
---@field upper? boolean
---@field left? boolean
---@field unitriangular? boolean

---x with a x = b for triangular a, of which only that triangle is read; left = false: x a = b; unitriangular: the diagonal counts as 1
---@param a tenmo.Tensor
---@param b tenmo.Tensor
---@param upper? boolean|tenmo.solve_triangular.options
---@param left? boolean|tenmo.solve_triangular.options
---@param unitriangular? boolean|tenmo.solve_triangular.options
---@return tenmo.Tensor
function tenmo.solve_triangular(a, b, upper, left, unitriangular) end

---x with a x = b for triangular a, of which only that triangle is read; left = false: x a = b; unitriangular: the diagonal counts as 1
---@param b tenmo.Tensor
---@param upper? boolean|tenmo.solve_triangular.options
---@param left? boolean|tenmo.solve_triangular.options
---@param unitriangular? boolean|tenmo.solve_triangular.options
---@return tenmo.Tensor
function Tensor:solve_triangular(b, upper, left, unitriangular) end

---@class tenmo.svd.options
---@field full_matrices? boolean

---U, the singular values, falling, and V (not transposed); with full_matrices = true U and V are square, and what that adds to them is any basis, without a gradient
---@param x tenmo.Tensor
---@param full_matrices? boolean|tenmo.svd.options
---@return tenmo.Tensor
---@return tenmo.Tensor
---@return tenmo.Tensor
function tenmo.svd(x, full_matrices) end

---U, the singular values, falling, and V (not transposed); with full_matrices = true U and V are square, and what that adds to them is any basis, without a gradient
---@param full_matrices? boolean|tenmo.svd.options
---@return tenmo.Tensor
---@return tenmo.Tensor
---@return tenmo.Tensor
function Tensor:svd(full_matrices) end

---svd as one tensor (..., k, 1 + m + n): row i is singular value i, then column i of U, then column i of V
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.svd_rows(x) end

---svd as one tensor (..., k, 1 + m + n): row i is singular value i, then column i of U, then column i of V
---@return tenmo.Tensor
function Tensor:svd_rows() end

---@class tenmo.col2im.options
---@field dilation? integer[]
---@field padding? integer[]
---@field stride? integer[]

---columns as im2col makes them, added up to an image whose last two axes have the size of output; also nn.functional.fold
---@param x tenmo.Tensor
---@param output integer[]
---@param size integer[]
---@param dilation? integer[]|tenmo.col2im.options
---@param padding? integer[]|tenmo.col2im.options
---@param stride? integer[]|tenmo.col2im.options
---@return tenmo.Tensor
function tenmo.col2im(x, output, size, dilation, padding, stride) end

---columns as im2col makes them, added up to an image whose last two axes have the size of output; also nn.functional.fold
---@param output integer[]
---@param size integer[]
---@param dilation? integer[]|tenmo.col2im.options
---@param padding? integer[]|tenmo.col2im.options
---@param stride? integer[]|tenmo.col2im.options
---@return tenmo.Tensor
function Tensor:col2im(output, size, dilation, padding, stride) end

---@class tenmo.conv1d.options
---@field stride? integer[]
---@field padding? integer[]|'same'|'valid'
---@field dilation? integer[]
---@field groups? integer
---@field relu? boolean

---the sum, for each output channel and place, of a window of x (N, C, L) times the channel's weights, plus bias; padding = 'same' keeps the size, of an odd number of places with the last one behind, 'valid' is 0; with relu = true its ReLU in the same pass
---@param x tenmo.Tensor
---@param weight tenmo.Tensor
---@param bias? tenmo.Tensor
---@param stride? integer[]|tenmo.conv1d.options
---@param padding? integer[]|'same'|'valid'|tenmo.conv1d.options
---@param dilation? integer[]|tenmo.conv1d.options
---@param groups? integer|tenmo.conv1d.options
---@param relu? boolean|tenmo.conv1d.options
---@return tenmo.Tensor
function tenmo.conv1d(x, weight, bias, stride, padding, dilation, groups, relu) end

---the sum, for each output channel and place, of a window of x (N, C, L) times the channel's weights, plus bias; padding = 'same' keeps the size, of an odd number of places with the last one behind, 'valid' is 0; with relu = true its ReLU in the same pass
---@param weight tenmo.Tensor
---@param bias? tenmo.Tensor
---@param stride? integer[]|tenmo.conv1d.options
---@param padding? integer[]|'same'|'valid'|tenmo.conv1d.options
---@param dilation? integer[]|tenmo.conv1d.options
---@param groups? integer|tenmo.conv1d.options
---@param relu? boolean|tenmo.conv1d.options
---@return tenmo.Tensor
function Tensor:conv1d(weight, bias, stride, padding, dilation, groups, relu) end

---@class tenmo.conv2d.options
---@field stride? integer[]
---@field padding? integer[]|'same'|'valid'
---@field dilation? integer[]
---@field groups? integer
---@field relu? boolean

---the sum, for each output channel and place, of a window of x (N, C, H, W) times the channel's weights, plus bias; padding = 'same' keeps the size, of an odd number of places with the last one behind, 'valid' is 0; with relu = true its ReLU in the same pass
---@param x tenmo.Tensor
---@param weight tenmo.Tensor
---@param bias? tenmo.Tensor
---@param stride? integer[]|tenmo.conv2d.options
---@param padding? integer[]|'same'|'valid'|tenmo.conv2d.options
---@param dilation? integer[]|tenmo.conv2d.options
---@param groups? integer|tenmo.conv2d.options
---@param relu? boolean|tenmo.conv2d.options
---@return tenmo.Tensor
function tenmo.conv2d(x, weight, bias, stride, padding, dilation, groups, relu) end

---the sum, for each output channel and place, of a window of x (N, C, H, W) times the channel's weights, plus bias; padding = 'same' keeps the size, of an odd number of places with the last one behind, 'valid' is 0; with relu = true its ReLU in the same pass
---@param weight tenmo.Tensor
---@param bias? tenmo.Tensor
---@param stride? integer[]|tenmo.conv2d.options
---@param padding? integer[]|'same'|'valid'|tenmo.conv2d.options
---@param dilation? integer[]|tenmo.conv2d.options
---@param groups? integer|tenmo.conv2d.options
---@param relu? boolean|tenmo.conv2d.options
---@return tenmo.Tensor
function Tensor:conv2d(weight, bias, stride, padding, dilation, groups, relu) end

---@class tenmo.conv3d.options
---@field stride? integer[]
---@field padding? integer[]|'same'|'valid'
---@field dilation? integer[]
---@field groups? integer
---@field relu? boolean

---the sum, for each output channel and place, of a window of x (N, C, D, H, W) times the channel's weights, plus bias; padding = 'same' keeps the size, of an odd number of places with the last one behind, 'valid' is 0; with relu = true its ReLU in the same pass
---@param x tenmo.Tensor
---@param weight tenmo.Tensor
---@param bias? tenmo.Tensor
---@param stride? integer[]|tenmo.conv3d.options
---@param padding? integer[]|'same'|'valid'|tenmo.conv3d.options
---@param dilation? integer[]|tenmo.conv3d.options
---@param groups? integer|tenmo.conv3d.options
---@param relu? boolean|tenmo.conv3d.options
---@return tenmo.Tensor
function tenmo.conv3d(x, weight, bias, stride, padding, dilation, groups, relu) end

---the sum, for each output channel and place, of a window of x (N, C, D, H, W) times the channel's weights, plus bias; padding = 'same' keeps the size, of an odd number of places with the last one behind, 'valid' is 0; with relu = true its ReLU in the same pass
---@param weight tenmo.Tensor
---@param bias? tenmo.Tensor
---@param stride? integer[]|tenmo.conv3d.options
---@param padding? integer[]|'same'|'valid'|tenmo.conv3d.options
---@param dilation? integer[]|tenmo.conv3d.options
---@param groups? integer|tenmo.conv3d.options
---@param relu? boolean|tenmo.conv3d.options
---@return tenmo.Tensor
function Tensor:conv3d(weight, bias, stride, padding, dilation, groups, relu) end

---@class tenmo.conv_transpose1d.options
---@field stride? integer[]
---@field padding? integer[]
---@field output_padding? integer[]
---@field dilation? integer[]
---@field groups? integer

---conv1d run backwards: each element of x, times the weights, is added to a window of the result; stride spreads the windows over L
---@param x tenmo.Tensor
---@param weight tenmo.Tensor
---@param bias? tenmo.Tensor
---@param stride? integer[]|tenmo.conv_transpose1d.options
---@param padding? integer[]|tenmo.conv_transpose1d.options
---@param output_padding? integer[]|tenmo.conv_transpose1d.options
---@param dilation? integer[]|tenmo.conv_transpose1d.options
---@param groups? integer|tenmo.conv_transpose1d.options
---@return tenmo.Tensor
function tenmo.conv_transpose1d(x, weight, bias, stride, padding, output_padding, dilation, groups) end

---conv1d run backwards: each element of x, times the weights, is added to a window of the result; stride spreads the windows over L
---@param weight tenmo.Tensor
---@param bias? tenmo.Tensor
---@param stride? integer[]|tenmo.conv_transpose1d.options
---@param padding? integer[]|tenmo.conv_transpose1d.options
---@param output_padding? integer[]|tenmo.conv_transpose1d.options
---@param dilation? integer[]|tenmo.conv_transpose1d.options
---@param groups? integer|tenmo.conv_transpose1d.options
---@return tenmo.Tensor
function Tensor:conv_transpose1d(weight, bias, stride, padding, output_padding, dilation, groups) end

---@class tenmo.conv_transpose2d.options
---@field stride? integer[]
---@field padding? integer[]
---@field output_padding? integer[]
---@field dilation? integer[]
---@field groups? integer

---conv2d run backwards: each element of x, times the weights, is added to a window of the result; stride spreads the windows over H and W
---@param x tenmo.Tensor
---@param weight tenmo.Tensor
---@param bias? tenmo.Tensor
---@param stride? integer[]|tenmo.conv_transpose2d.options
---@param padding? integer[]|tenmo.conv_transpose2d.options
---@param output_padding? integer[]|tenmo.conv_transpose2d.options
---@param dilation? integer[]|tenmo.conv_transpose2d.options
---@param groups? integer|tenmo.conv_transpose2d.options
---@return tenmo.Tensor
function tenmo.conv_transpose2d(x, weight, bias, stride, padding, output_padding, dilation, groups) end

---conv2d run backwards: each element of x, times the weights, is added to a window of the result; stride spreads the windows over H and W
---@param weight tenmo.Tensor
---@param bias? tenmo.Tensor
---@param stride? integer[]|tenmo.conv_transpose2d.options
---@param padding? integer[]|tenmo.conv_transpose2d.options
---@param output_padding? integer[]|tenmo.conv_transpose2d.options
---@param dilation? integer[]|tenmo.conv_transpose2d.options
---@param groups? integer|tenmo.conv_transpose2d.options
---@return tenmo.Tensor
function Tensor:conv_transpose2d(weight, bias, stride, padding, output_padding, dilation, groups) end

---@class tenmo.conv_transpose3d.options
---@field stride? integer[]
---@field padding? integer[]
---@field output_padding? integer[]
---@field dilation? integer[]
---@field groups? integer

---conv3d run backwards: each element of x, times the weights, is added to a window of the result; stride spreads the windows over D, H and W
---@param x tenmo.Tensor
---@param weight tenmo.Tensor
---@param bias? tenmo.Tensor
---@param stride? integer[]|tenmo.conv_transpose3d.options
---@param padding? integer[]|tenmo.conv_transpose3d.options
---@param output_padding? integer[]|tenmo.conv_transpose3d.options
---@param dilation? integer[]|tenmo.conv_transpose3d.options
---@param groups? integer|tenmo.conv_transpose3d.options
---@return tenmo.Tensor
function tenmo.conv_transpose3d(x, weight, bias, stride, padding, output_padding, dilation, groups) end

---conv3d run backwards: each element of x, times the weights, is added to a window of the result; stride spreads the windows over D, H and W
---@param weight tenmo.Tensor
---@param bias? tenmo.Tensor
---@param stride? integer[]|tenmo.conv_transpose3d.options
---@param padding? integer[]|tenmo.conv_transpose3d.options
---@param output_padding? integer[]|tenmo.conv_transpose3d.options
---@param dilation? integer[]|tenmo.conv_transpose3d.options
---@param groups? integer|tenmo.conv_transpose3d.options
---@return tenmo.Tensor
function Tensor:conv_transpose3d(weight, bias, stride, padding, output_padding, dilation, groups) end

---@class tenmo.conv_weight.options
---@field stride? integer[]
---@field padding? integer[]
---@field dilation? integer[]
---@field groups? integer

---the gradient of a convolution's weights, whose last axes have this size: x is what it was given, grad what flows back into its result
---@param x tenmo.Tensor
---@param grad tenmo.Tensor
---@param size integer[]
---@param stride? integer[]|tenmo.conv_weight.options
---@param padding? integer[]|tenmo.conv_weight.options
---@param dilation? integer[]|tenmo.conv_weight.options
---@param groups? integer|tenmo.conv_weight.options
---@return tenmo.Tensor
function tenmo.conv_weight(x, grad, size, stride, padding, dilation, groups) end

---the gradient of a convolution's weights, whose last axes have this size: x is what it was given, grad what flows back into its result
---@param grad tenmo.Tensor
---@param size integer[]
---@param stride? integer[]|tenmo.conv_weight.options
---@param padding? integer[]|tenmo.conv_weight.options
---@param dilation? integer[]|tenmo.conv_weight.options
---@param groups? integer|tenmo.conv_weight.options
---@return tenmo.Tensor
function Tensor:conv_weight(grad, size, stride, padding, dilation, groups) end

---@class tenmo.im2col.options
---@field dilation? integer[]
---@field padding? integer[]
---@field stride? integer[]

---every window of the last two axes as a column: (N, C, H, W) gives (N, C * size, windows); also nn.functional.unfold
---@param x tenmo.Tensor
---@param size integer[]
---@param dilation? integer[]|tenmo.im2col.options
---@param padding? integer[]|tenmo.im2col.options
---@param stride? integer[]|tenmo.im2col.options
---@return tenmo.Tensor
function tenmo.im2col(x, size, dilation, padding, stride) end

---every window of the last two axes as a column: (N, C, H, W) gives (N, C * size, windows); also nn.functional.unfold
---@param size integer[]
---@param dilation? integer[]|tenmo.im2col.options
---@param padding? integer[]|tenmo.im2col.options
---@param stride? integer[]|tenmo.im2col.options
---@return tenmo.Tensor
function Tensor:im2col(size, dilation, padding, stride) end

---@class tenmo.max_pool1d.options
---@field stride? integer[]
---@field padding? integer[]
---@field dilation? integer[]
---@field ceil_mode? boolean
---@field return_indices? boolean

---the largest element of each window of this size, stride apart (its size unless given); with return_indices = true also its id, counted through the plane
---@param x tenmo.Tensor
---@param size integer[]
---@param stride? integer[]|tenmo.max_pool1d.options
---@param padding? integer[]|tenmo.max_pool1d.options
---@param dilation? integer[]|tenmo.max_pool1d.options
---@param ceil_mode? boolean|tenmo.max_pool1d.options
---@param return_indices? boolean|tenmo.max_pool1d.options
---@return tenmo.Tensor
function tenmo.max_pool1d(x, size, stride, padding, dilation, ceil_mode, return_indices) end

---the largest element of each window of this size, stride apart (its size unless given); with return_indices = true also its id, counted through the plane
---@param size integer[]
---@param stride? integer[]|tenmo.max_pool1d.options
---@param padding? integer[]|tenmo.max_pool1d.options
---@param dilation? integer[]|tenmo.max_pool1d.options
---@param ceil_mode? boolean|tenmo.max_pool1d.options
---@param return_indices? boolean|tenmo.max_pool1d.options
---@return tenmo.Tensor
function Tensor:max_pool1d(size, stride, padding, dilation, ceil_mode, return_indices) end

---@class tenmo.max_pool2d.options
---@field stride? integer[]
---@field padding? integer[]
---@field dilation? integer[]
---@field ceil_mode? boolean
---@field return_indices? boolean

---the largest element of each window of this size, stride apart (its size unless given); with return_indices = true also its id, counted through the plane
---@param x tenmo.Tensor
---@param size integer[]
---@param stride? integer[]|tenmo.max_pool2d.options
---@param padding? integer[]|tenmo.max_pool2d.options
---@param dilation? integer[]|tenmo.max_pool2d.options
---@param ceil_mode? boolean|tenmo.max_pool2d.options
---@param return_indices? boolean|tenmo.max_pool2d.options
---@return tenmo.Tensor
---@return tenmo.Tensor|nil
function tenmo.max_pool2d(x, size, stride, padding, dilation, ceil_mode, return_indices) end

---the largest element of each window of this size, stride apart (its size unless given); with return_indices = true also its id, counted through the plane
---@param size integer[]
---@param stride? integer[]|tenmo.max_pool2d.options
---@param padding? integer[]|tenmo.max_pool2d.options
---@param dilation? integer[]|tenmo.max_pool2d.options
---@param ceil_mode? boolean|tenmo.max_pool2d.options
---@param return_indices? boolean|tenmo.max_pool2d.options
---@return tenmo.Tensor
---@return tenmo.Tensor|nil
function Tensor:max_pool2d(size, stride, padding, dilation, ceil_mode, return_indices) end

---@class tenmo.max_pool3d.options
---@field stride? integer[]
---@field padding? integer[]
---@field dilation? integer[]
---@field ceil_mode? boolean
---@field return_indices? boolean

---the largest element of each window of this size, stride apart (its size unless given); with return_indices = true also its id, counted through the plane
---@param x tenmo.Tensor
---@param size integer[]
---@param stride? integer[]|tenmo.max_pool3d.options
---@param padding? integer[]|tenmo.max_pool3d.options
---@param dilation? integer[]|tenmo.max_pool3d.options
---@param ceil_mode? boolean|tenmo.max_pool3d.options
---@param return_indices? boolean|tenmo.max_pool3d.options
---@return tenmo.Tensor
function tenmo.max_pool3d(x, size, stride, padding, dilation, ceil_mode, return_indices) end

---the largest element of each window of this size, stride apart (its size unless given); with return_indices = true also its id, counted through the plane
---@param size integer[]
---@param stride? integer[]|tenmo.max_pool3d.options
---@param padding? integer[]|tenmo.max_pool3d.options
---@param dilation? integer[]|tenmo.max_pool3d.options
---@param ceil_mode? boolean|tenmo.max_pool3d.options
---@param return_indices? boolean|tenmo.max_pool3d.options
---@return tenmo.Tensor
function Tensor:max_pool3d(size, stride, padding, dilation, ceil_mode, return_indices) end

---@class tenmo.group_norm.options
---@field eps? number

---each group of channels of each sample of x (N, C, ...) at mean 0 and variance 1, times weight plus bias, one number a channel
---@param x tenmo.Tensor
---@param groups integer
---@param weight? tenmo.Tensor
---@param bias? tenmo.Tensor
---@param eps? number|tenmo.group_norm.options
---@return tenmo.Tensor
function tenmo.group_norm(x, groups, weight, bias, eps) end

---each group of channels of each sample of x (N, C, ...) at mean 0 and variance 1, times weight plus bias, one number a channel
---@param groups integer
---@param weight? tenmo.Tensor
---@param bias? tenmo.Tensor
---@param eps? number|tenmo.group_norm.options
---@return tenmo.Tensor
function Tensor:group_norm(groups, weight, bias, eps) end

---@class tenmo.instance_norm.options
---@field eps? number

---each channel of each sample of x (N, C, ...) at mean 0 and variance 1, times weight plus bias
---@param x tenmo.Tensor
---@param weight? tenmo.Tensor
---@param bias? tenmo.Tensor
---@param eps? number|tenmo.instance_norm.options
---@return tenmo.Tensor
function tenmo.instance_norm(x, weight, bias, eps) end

---each channel of each sample of x (N, C, ...) at mean 0 and variance 1, times weight plus bias
---@param weight? tenmo.Tensor
---@param bias? tenmo.Tensor
---@param eps? number|tenmo.instance_norm.options
---@return tenmo.Tensor
function Tensor:instance_norm(weight, bias, eps) end

---@class tenmo.layer_norm.options
---@field eps? number

---x at mean 0 and variance 1 over its last axes, which have this size, times weight plus bias
---@param x tenmo.Tensor
---@param size integer[]
---@param weight? tenmo.Tensor
---@param bias? tenmo.Tensor
---@param eps? number|tenmo.layer_norm.options
---@return tenmo.Tensor
function tenmo.layer_norm(x, size, weight, bias, eps) end

---x at mean 0 and variance 1 over its last axes, which have this size, times weight plus bias
---@param size integer[]
---@param weight? tenmo.Tensor
---@param bias? tenmo.Tensor
---@param eps? number|tenmo.layer_norm.options
---@return tenmo.Tensor
function Tensor:layer_norm(size, weight, bias, eps) end

---@class tenmo.local_response_norm.options
---@field alpha? number
---@field beta? number
---@field k? number

---x (N, C, ...) over a power of the mean of squares of `size` channels around each
---@param x tenmo.Tensor
---@param size integer
---@param alpha? number|tenmo.local_response_norm.options
---@param beta? number|tenmo.local_response_norm.options
---@param k? number|tenmo.local_response_norm.options
---@return tenmo.Tensor
function tenmo.local_response_norm(x, size, alpha, beta, k) end

---x (N, C, ...) over a power of the mean of squares of `size` channels around each
---@param size integer
---@param alpha? number|tenmo.local_response_norm.options
---@param beta? number|tenmo.local_response_norm.options
---@param k? number|tenmo.local_response_norm.options
---@return tenmo.Tensor
function Tensor:local_response_norm(size, alpha, beta, k) end

---@class tenmo.normalize.options
---@field p? number
---@field axis? integer
---@field eps? number

---x over its p-norm along an axis, which is taken as at least eps
---@param x tenmo.Tensor
---@param p? number|tenmo.normalize.options
---@param axis? integer|tenmo.normalize.options
---@param eps? number|tenmo.normalize.options
---@return tenmo.Tensor
function tenmo.normalize(x, p, axis, eps) end

---x over its p-norm along an axis, which is taken as at least eps
---@param p? number|tenmo.normalize.options
---@param axis? integer|tenmo.normalize.options
---@param eps? number|tenmo.normalize.options
---@return tenmo.Tensor
function Tensor:normalize(p, axis, eps) end

---@class tenmo.rms_norm.options
---@field eps? number

---x over the root of the mean of its squares plus eps, over its last axes, which have this size, times weight; eps is the dtype's epsilon unless given
---@param x tenmo.Tensor
---@param size integer[]
---@param weight? tenmo.Tensor
---@param eps? number|tenmo.rms_norm.options
---@return tenmo.Tensor
function tenmo.rms_norm(x, size, weight, eps) end

---x over the root of the mean of its squares plus eps, over its last axes, which have this size, times weight; eps is the dtype's epsilon unless given
---@param size integer[]
---@param weight? tenmo.Tensor
---@param eps? number|tenmo.rms_norm.options
---@return tenmo.Tensor
function Tensor:rms_norm(size, weight, eps) end

---@class tenmo.as_strided.options
---@field offset? integer

---a view of x's elements, counted in row-major order, in this shape with these strides; x must be contiguous
---@param x tenmo.Tensor
---@param shape integer|integer[]
---@param strides integer[]
---@param offset? integer|tenmo.as_strided.options
---@return tenmo.Tensor
---@overload fun(x: tenmo.Tensor, ...: integer|tenmo.as_strided.options): tenmo.Tensor
function tenmo.as_strided(x, shape, strides, offset) end

---a view of x's elements, counted in row-major order, in this shape with these strides; x must be contiguous
---@param shape integer|integer[]
---@param strides integer[]
---@param offset? integer|tenmo.as_strided.options
---@return tenmo.Tensor
---@overload fun(self: tenmo.Tensor, ...: integer|tenmo.as_strided.options): tenmo.Tensor
function Tensor:as_strided(shape, strides, offset) end

---a copy of x in which what the index selects is replaced by value
---@param x tenmo.Tensor
---@param index table|integer
---@param value tenmo.Tensor
---@return tenmo.Tensor
function tenmo.assign_slice(x, index, value) end

---a copy of x in which what the index selects is replaced by value
---@param index table|integer
---@param value tenmo.Tensor
---@return tenmo.Tensor
function Tensor:assign_slice(index, value) end

---x repeated along axes of size 1 and new axes in front, as a view
---@param x tenmo.Tensor
---@param shape integer|integer[]
---@return tenmo.Tensor
---@overload fun(x: tenmo.Tensor, ...: integer): tenmo.Tensor
function tenmo.broadcast_to(x, shape) end

---x repeated along axes of size 1 and new axes in front, as a view
---@param shape integer|integer[]
---@return tenmo.Tensor
---@overload fun(self: tenmo.Tensor, ...: integer): tenmo.Tensor
function Tensor:broadcast_to(shape) end

---@class tenmo.cat.options
---@field axis? integer

---the tensors one after another along an axis
---@param ... tenmo.Tensor|tenmo.Tensor[]|table
---@return tenmo.Tensor
function tenmo.cat(...) end

---the tensors one after another along an axis
---@param axis? integer|tenmo.cat.options
---@return tenmo.Tensor
function Tensor:cat(axis) end

---@class tenmo.diagonal.options
---@field offset? integer
---@field axis1? integer
---@field axis2? integer

---a view of the diagonal of two axes, as the last axis; offset > 0 starts that far along axis2, < 0 along axis1
---@param x tenmo.Tensor
---@param offset? integer|tenmo.diagonal.options
---@param axis1? integer|tenmo.diagonal.options
---@param axis2? integer|tenmo.diagonal.options
---@return tenmo.Tensor
function tenmo.diagonal(x, offset, axis1, axis2) end

---a view of the diagonal of two axes, as the last axis; offset > 0 starts that far along axis2, < 0 along axis1
---@param offset? integer|tenmo.diagonal.options
---@param axis1? integer|tenmo.diagonal.options
---@param axis2? integer|tenmo.diagonal.options
---@return tenmo.Tensor
function Tensor:diagonal(offset, axis1, axis2) end

---a view with axes of size 1 repeated; -1 keeps a size
---@param x tenmo.Tensor
---@param shape integer|integer[]
---@return tenmo.Tensor
---@overload fun(x: tenmo.Tensor, ...: integer): tenmo.Tensor
function tenmo.expand(x, shape) end

---a view with axes of size 1 repeated; -1 keeps a size
---@param shape integer|integer[]
---@return tenmo.Tensor
---@overload fun(self: tenmo.Tensor, ...: integer): tenmo.Tensor
function Tensor:expand(shape) end

---x:expand(other.shape)
---@param x tenmo.Tensor
---@param other tenmo.Tensor
---@return tenmo.Tensor
function tenmo.expand_as(x, other) end

---x:expand(other.shape)
---@param other tenmo.Tensor
---@return tenmo.Tensor
function Tensor:expand_as(other) end

---@class tenmo.flatten.options
---@field first? integer
---@field last? integer

---the axes from first to last joined into one
---@param x tenmo.Tensor
---@param first? integer|tenmo.flatten.options
---@param last? integer|tenmo.flatten.options
---@return tenmo.Tensor
function tenmo.flatten(x, first, last) end

---the axes from first to last joined into one
---@param first? integer|tenmo.flatten.options
---@param last? integer|tenmo.flatten.options
---@return tenmo.Tensor
function Tensor:flatten(first, last) end

---a copy in which these axes run backwards
---@param x tenmo.Tensor
---@param axes integer|integer[]
---@return tenmo.Tensor
function tenmo.flip(x, axes) end

---a copy in which these axes run backwards
---@param axes integer|integer[]
---@return tenmo.Tensor
function Tensor:flip(axes) end

---a copy with its second axis turned round
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.fliplr(x) end

---a copy with its second axis turned round
---@return tenmo.Tensor
function Tensor:fliplr() end

---a copy with its first axis turned round
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.flipud(x) end

---a copy with its first axis turned round
---@return tenmo.Tensor
function Tensor:flipud() end

---a view in which the axes of source stand at the places of destination; the others keep their order
---@param x tenmo.Tensor
---@param source integer[]
---@param destination integer[]
---@return tenmo.Tensor
function tenmo.movedim(x, source, destination) end

---a view in which the axes of source stand at the places of destination; the others keep their order
---@param source integer[]
---@param destination integer[]
---@return tenmo.Tensor
function Tensor:movedim(source, destination) end

---a view of `length` slices along an axis, from position start (counted from 1) on
---@param x tenmo.Tensor
---@param axis integer
---@param start integer
---@param length integer
---@return tenmo.Tensor
function tenmo.narrow(x, axis, start, length) end

---a view of `length` slices along an axis, from position start (counted from 1) on
---@param axis integer
---@param start integer
---@param length integer
---@return tenmo.Tensor
function Tensor:narrow(axis, start, length) end

---a view with its axes in the given order
---@param x tenmo.Tensor
---@param axes integer[]
---@return tenmo.Tensor
function tenmo.permute(x, axes) end

---a view with its axes in the given order
---@param axes integer[]
---@return tenmo.Tensor
function Tensor:permute(axes) end

---all elements in one row
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.ravel(x) end

---all elements in one row
---@return tenmo.Tensor
function Tensor:ravel() end

---@class tenmo.repeat_interleave.options
---@field axis? integer

---each slice along an axis repeated: a number, or an integer tensor with one number for each slice; without an axis, of the flattened tensor
---@param x tenmo.Tensor|number
---@param repeats tenmo.Tensor|number
---@param axis? integer|tenmo.repeat_interleave.options
---@return tenmo.Tensor
function tenmo.repeat_interleave(x, repeats, axis) end

---each slice along an axis repeated: a number, or an integer tensor with one number for each slice; without an axis, of the flattened tensor
---@param repeats tenmo.Tensor|number
---@param axis? integer|tenmo.repeat_interleave.options
---@return tenmo.Tensor
function Tensor:repeat_interleave(repeats, axis) end

---the same elements in another shape; one size may be -1; a view where strides allow it
---@param x tenmo.Tensor
---@param shape integer|integer[]
---@return tenmo.Tensor
---@overload fun(x: tenmo.Tensor, ...: integer): tenmo.Tensor
function tenmo.reshape(x, shape) end

---the same elements in another shape; one size may be -1; a view where strides allow it
---@param shape integer|integer[]
---@return tenmo.Tensor
---@overload fun(self: tenmo.Tensor, ...: integer): tenmo.Tensor
function Tensor:reshape(shape) end

---x:reshape(other.shape)
---@param x tenmo.Tensor
---@param other tenmo.Tensor
---@return tenmo.Tensor
function tenmo.reshape_as(x, other) end

---x:reshape(other.shape)
---@param other tenmo.Tensor
---@return tenmo.Tensor
function Tensor:reshape_as(other) end

---@class tenmo.roll.options
---@field axes? integer|integer[]

---elements moved along axes, those that leave one end coming in at the other; without axes, of the flattened tensor
---@param x tenmo.Tensor
---@param shifts integer[]
---@param axes? integer|integer[]|tenmo.roll.options
---@return tenmo.Tensor
function tenmo.roll(x, shifts, axes) end

---elements moved along axes, those that leave one end coming in at the other; without axes, of the flattened tensor
---@param shifts integer[]
---@param axes? integer|integer[]|tenmo.roll.options
---@return tenmo.Tensor
function Tensor:roll(shifts, axes) end

---@class tenmo.rot90.options
---@field k? integer
---@field axes? integer|integer[]

---the plane of two axes (the first two) turned by k quarters, from the first towards the second
---@param x tenmo.Tensor
---@param k? integer|tenmo.rot90.options
---@param axes? integer|integer[]|tenmo.rot90.options
---@return tenmo.Tensor
function tenmo.rot90(x, k, axes) end

---the plane of two axes (the first two) turned by k quarters, from the first towards the second
---@param k? integer|tenmo.rot90.options
---@param axes? integer|integer[]|tenmo.rot90.options
---@return tenmo.Tensor
function Tensor:rot90(k, axes) end

---a view of one slice, by its position from 1 or negative from the end, without that axis
---@param x tenmo.Tensor
---@param axis integer
---@param index integer
---@return tenmo.Tensor
function tenmo.select(x, axis, index) end

---a view of one slice, by its position from 1 or negative from the end, without that axis
---@param axis integer
---@param index integer
---@return tenmo.Tensor
function Tensor:select(axis, index) end

---a view of positions and ranges: x:slice{ {2, 5}, -1 } is x[{ {2, 5}, -1 }]
---@param x tenmo.Tensor
---@param index table|integer
---@return tenmo.Tensor
function tenmo.slice(x, index) end

---a view of positions and ranges: x:slice{ {2, 5}, -1 } is x[{ {2, 5}, -1 }]
---@param index table|integer
---@return tenmo.Tensor
function Tensor:slice(index) end

---@class tenmo.squeeze.options
---@field axes? integer|integer[]

---a view without the axes of size 1, or without those named that have it
---@param x tenmo.Tensor
---@param axes? integer|integer[]|tenmo.squeeze.options
---@return tenmo.Tensor
function tenmo.squeeze(x, axes) end

---a view without the axes of size 1, or without those named that have it
---@param axes? integer|integer[]|tenmo.squeeze.options
---@return tenmo.Tensor
function Tensor:squeeze(axes) end

---a view of a matrix with rows and columns exchanged
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.t(x) end

---a view of a matrix with rows and columns exchanged
---@return tenmo.Tensor
function Tensor:t() end

---x laid side by side so often along each axis (Torch's repeat)
---@param x tenmo.Tensor
---@param repeats integer[]
---@return tenmo.Tensor
function tenmo.tile(x, repeats) end

---x laid side by side so often along each axis (Torch's repeat)
---@param repeats integer[]
---@return tenmo.Tensor
function Tensor:tile(repeats) end

---a view with two axes exchanged
---@param x tenmo.Tensor
---@param axis1 integer
---@param axis2 integer
---@return tenmo.Tensor
function tenmo.transpose(x, axis1, axis2) end

---a view with two axes exchanged
---@param axis1 integer
---@param axis2 integer
---@return tenmo.Tensor
function Tensor:transpose(axis1, axis2) end

---an axis split into several; one of their sizes may be -1
---@param x tenmo.Tensor
---@param axis integer
---@param shape integer|integer[]
---@return tenmo.Tensor
---@overload fun(x: tenmo.Tensor, ...: integer): tenmo.Tensor
function tenmo.unflatten(x, axis, shape) end

---an axis split into several; one of their sizes may be -1
---@param axis integer
---@param shape integer|integer[]
---@return tenmo.Tensor
---@overload fun(self: tenmo.Tensor, ...: integer): tenmo.Tensor
function Tensor:unflatten(axis, shape) end

---a view of windows of `size` elements, `step` apart, along an axis; what lies in a window becomes a last axis
---@param x tenmo.Tensor
---@param axis integer
---@param size integer
---@param step integer
---@return tenmo.Tensor
function tenmo.unfold(x, axis, size, step) end

---a view of windows of `size` elements, `step` apart, along an axis; what lies in a window becomes a last axis
---@param axis integer
---@param size integer
---@param step integer
---@return tenmo.Tensor
function Tensor:unfold(axis, size, step) end

---a view with an axis of size 1 put in at that position
---@param x tenmo.Tensor
---@param axis integer
---@return tenmo.Tensor
function tenmo.unsqueeze(x, axis) end

---a view with an axis of size 1 put in at that position
---@param axis integer
---@return tenmo.Tensor
function Tensor:unsqueeze(axis) end

---reshape that never copies; an error where strides don't allow it
---@param x tenmo.Tensor
---@param shape integer|integer[]
---@return tenmo.Tensor
---@overload fun(x: tenmo.Tensor, ...: integer): tenmo.Tensor
function tenmo.view(x, shape) end

---reshape that never copies; an error where strides don't allow it
---@param shape integer|integer[]
---@return tenmo.Tensor
---@overload fun(self: tenmo.Tensor, ...: integer): tenmo.Tensor
function Tensor:view(shape) end

---x:view(other.shape): never a copy
---@param x tenmo.Tensor
---@param other tenmo.Tensor
---@return tenmo.Tensor
function tenmo.view_as(x, other) end

---x:view(other.shape): never a copy
---@param other tenmo.Tensor
---@return tenmo.Tensor
function Tensor:view_as(other) end

---@class tenmo.embedding.options
---@field padding_idx? integer
---@field sparse? boolean

---the rows of weight (words, width) at ids of any shape; the row padding_idx gets no gradient; sparse: see x:grad_rows
---@param ids tenmo.Tensor
---@param weight tenmo.Tensor
---@param padding_idx? integer|tenmo.embedding.options
---@param sparse? boolean|tenmo.embedding.options
---@return tenmo.Tensor
function tenmo.embedding(ids, weight, padding_idx, sparse) end

---the rows of weight (words, width) at ids of any shape; the row padding_idx gets no gradient; sparse: see x:grad_rows
---@param weight tenmo.Tensor
---@param padding_idx? integer|tenmo.embedding.options
---@param sparse? boolean|tenmo.embedding.options
---@return tenmo.Tensor
function Tensor:embedding(weight, padding_idx, sparse) end

---@class tenmo.embedding_bag.options
---@field mode? 'mean'|'sum'|'max'
---@field sparse? boolean

---for each bag of ids the mean, sum or maximum of their rows of weight; ids (bags, n), or a list whose bags begin at offsets; an empty bag is 0
---@param ids tenmo.Tensor
---@param weight tenmo.Tensor
---@param offsets? tenmo.Tensor
---@param mode? 'mean'|'sum'|'max'|tenmo.embedding_bag.options
---@param sparse? boolean|tenmo.embedding_bag.options
---@return tenmo.Tensor
function tenmo.embedding_bag(ids, weight, offsets, mode, sparse) end

---for each bag of ids the mean, sum or maximum of their rows of weight; ids (bags, n), or a list whose bags begin at offsets; an empty bag is 0
---@param weight tenmo.Tensor
---@param offsets? tenmo.Tensor
---@param mode? 'mean'|'sum'|'max'|tenmo.embedding_bag.options
---@param sparse? boolean|tenmo.embedding_bag.options
---@return tenmo.Tensor
function Tensor:embedding_bag(weight, offsets, mode, sparse) end

---elements of x by ids along an axis: y[i][j] is x[ids[i][j]][j] along the first
---@param x tenmo.Tensor
---@param axis integer
---@param ids tenmo.Tensor
---@return tenmo.Tensor
function tenmo.gather(x, axis, ids) end

---elements of x by ids along an axis: y[i][j] is x[ids[i][j]][j] along the first
---@param axis integer
---@param ids tenmo.Tensor
---@return tenmo.Tensor
function Tensor:gather(axis, ids) end

---@class tenmo.gather_normalize.options
---@field mean? number
---@field std? number

---rows of x at these ids as float32, (row - mean) / std, in one pass
---@param x tenmo.Tensor
---@param ids tenmo.Tensor
---@param mean? number|tenmo.gather_normalize.options
---@param std? number|tenmo.gather_normalize.options
---@return tenmo.Tensor
function tenmo.gather_normalize(x, ids, mean, std) end

---rows of x at these ids as float32, (row - mean) / std, in one pass
---@param ids tenmo.Tensor
---@param mean? number|tenmo.gather_normalize.options
---@param std? number|tenmo.gather_normalize.options
---@return tenmo.Tensor
function Tensor:gather_normalize(ids, mean, std) end

---@class tenmo.index_add.options
---@field alpha? number

---x with alpha * source added to its slices at these ids; repeated ids accumulate; along axis 1 source may be one slice, which goes to every id
---@param x tenmo.Tensor
---@param axis integer
---@param ids tenmo.Tensor
---@param source tenmo.Tensor
---@param alpha? number|tenmo.index_add.options
---@return tenmo.Tensor
function tenmo.index_add(x, axis, ids, source, alpha) end

---x with alpha * source added to its slices at these ids; repeated ids accumulate; along axis 1 source may be one slice, which goes to every id
---@param axis integer
---@param ids tenmo.Tensor
---@param source tenmo.Tensor
---@param alpha? number|tenmo.index_add.options
---@return tenmo.Tensor
function Tensor:index_add(axis, ids, source, alpha) end

---x with alpha * source added to its slices at these ids; repeated ids accumulate; along axis 1 source may be one slice, which goes to every id; written over x
---@param axis integer
---@param ids tenmo.Tensor
---@param source tenmo.Tensor
---@param alpha? number|tenmo.index_add.options
---@return tenmo.Tensor
function Tensor:index_add_(axis, ids, source, alpha) end

---x with its slices along an axis at these ids replaced by those of source; of repeated ids the last one counts
---@param x tenmo.Tensor
---@param axis integer
---@param ids tenmo.Tensor
---@param source tenmo.Tensor
---@return tenmo.Tensor
function tenmo.index_copy(x, axis, ids, source) end

---x with its slices along an axis at these ids replaced by those of source; of repeated ids the last one counts
---@param axis integer
---@param ids tenmo.Tensor
---@param source tenmo.Tensor
---@return tenmo.Tensor
function Tensor:index_copy(axis, ids, source) end

---x with its slices along an axis at these ids replaced by those of source; of repeated ids the last one counts; written over x
---@param axis integer
---@param ids tenmo.Tensor
---@param source tenmo.Tensor
---@return tenmo.Tensor
function Tensor:index_copy_(axis, ids, source) end

---the slices of x along an axis at these ids
---@param x tenmo.Tensor
---@param axis integer
---@param ids tenmo.Tensor
---@return tenmo.Tensor
function tenmo.index_select(x, axis, ids) end

---the slices of x along an axis at these ids
---@param axis integer
---@param ids tenmo.Tensor
---@return tenmo.Tensor
function Tensor:index_select(axis, ids) end

---@class tenmo.nonzero.options
---@field flat? boolean

---where x is not 0: a row of ids for each such element (n, axes); flat = true: one id each, counted in row-major order
---@param x tenmo.Tensor
---@param flat? boolean|tenmo.nonzero.options
---@return tenmo.Tensor
function tenmo.nonzero(x, flat) end

---where x is not 0: a row of ids for each such element (n, axes); flat = true: one id each, counted in row-major order
---@param flat? boolean|tenmo.nonzero.options
---@return tenmo.Tensor
function Tensor:nonzero(flat) end

---@class tenmo.scatter_reduce.options
---@field reduce? 'sum'|'prod'|'amax'|'amin'|'set'|'mean'
---@field include_self? boolean

---x with the source put at ids along an axis, one id for each element: added to what is there, multiplied with it, the larger or the smaller, in its place, or their mean; include_self = false leaves out what was there before
---@param x tenmo.Tensor
---@param axis integer
---@param ids tenmo.Tensor
---@param source tenmo.Tensor
---@param reduce? 'sum'|'prod'|'amax'|'amin'|'set'|'mean'|tenmo.scatter_reduce.options
---@param include_self? boolean|tenmo.scatter_reduce.options
---@return tenmo.Tensor
function tenmo.scatter_reduce(x, axis, ids, source, reduce, include_self) end

---x with the source put at ids along an axis, one id for each element: added to what is there, multiplied with it, the larger or the smaller, in its place, or their mean; include_self = false leaves out what was there before
---@param axis integer
---@param ids tenmo.Tensor
---@param source tenmo.Tensor
---@param reduce? 'sum'|'prod'|'amax'|'amin'|'set'|'mean'|tenmo.scatter_reduce.options
---@param include_self? boolean|tenmo.scatter_reduce.options
---@return tenmo.Tensor
function Tensor:scatter_reduce(axis, ids, source, reduce, include_self) end

---x with the source put at ids along an axis, one id for each element: added to what is there, multiplied with it, the larger or the smaller, in its place, or their mean; include_self = false leaves out what was there before; written over x
---@param axis integer
---@param ids tenmo.Tensor
---@param source tenmo.Tensor
---@param reduce? 'sum'|'prod'|'amax'|'amin'|'set'|'mean'|tenmo.scatter_reduce.options
---@param include_self? boolean|tenmo.scatter_reduce.options
---@return tenmo.Tensor
function Tensor:scatter_reduce_(axis, ids, source, reduce, include_self) end

---@class tenmo.searchsorted.options
---@field right? boolean

---how many elements of each sorted line (the last axis) are less than each value, which is where the value belongs; right = true counts equal ones too
---@param sorted tenmo.Tensor
---@param values tenmo.Tensor
---@param right? boolean|tenmo.searchsorted.options
---@return tenmo.Tensor
function tenmo.searchsorted(sorted, values, right) end

---how many elements of each sorted line (the last axis) are less than each value, which is where the value belongs; right = true counts equal ones too
---@param values tenmo.Tensor
---@param right? boolean|tenmo.searchsorted.options
---@return tenmo.Tensor
function Tensor:searchsorted(values, right) end

---@class tenmo.arange.options
---@field dtype? tenmo.dtype
---@field device? 'cpu'|'cuda'

---arange(n) is the ids 0 .. n-1; arange(first, last, step) counts from first and stops before last
---@param first number
---@param last? number
---@param step? number
---@param dtype? tenmo.dtype|tenmo.arange.options
---@param device? 'cpu'|'cuda'|tenmo.arange.options
---@return tenmo.Tensor
function tenmo.arange(first, last, step, dtype, device) end

---1 with the probability that x gives, else 0; a draw of rand_like is less than x
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.bernoulli(x) end

---1 with the probability that x gives, else 0; a draw of rand_like is less than x
---@return tenmo.Tensor
function Tensor:bernoulli() end

---@class tenmo.empty.options
---@field dtype? tenmo.dtype
---@field requires_grad? boolean
---@field device? 'cpu'|'cuda'

---a tensor to be written into; what is in it at first means nothing (zeros, today)
---@param shape integer|integer[]
---@param dtype? tenmo.dtype|tenmo.empty.options
---@param requires_grad? boolean|tenmo.empty.options
---@param device? 'cpu'|'cuda'|tenmo.empty.options
---@return tenmo.Tensor
---@overload fun(...: integer|tenmo.empty.options): tenmo.Tensor
function tenmo.empty(shape, dtype, requires_grad, device) end

---@class tenmo.empty_like.options
---@field dtype? tenmo.dtype
---@field requires_grad? boolean
---@field device? 'cpu'|'cuda'

---a tensor to be written into, in the shape and dtype of x
---@param x tenmo.Tensor
---@param dtype? tenmo.dtype|tenmo.empty_like.options
---@param requires_grad? boolean|tenmo.empty_like.options
---@param device? 'cpu'|'cuda'|tenmo.empty_like.options
---@return tenmo.Tensor
function tenmo.empty_like(x, dtype, requires_grad, device) end

---@class tenmo.eye.options
---@field dtype? tenmo.dtype
---@field requires_grad? boolean

---1 on the diagonal of an (n, m) matrix, 0 elsewhere; m is n unless given
---@param n integer
---@param m? integer
---@param dtype? tenmo.dtype|tenmo.eye.options
---@param requires_grad? boolean|tenmo.eye.options
---@return tenmo.Tensor
function tenmo.eye(n, m, dtype, requires_grad) end

---@class tenmo.full.options
---@field dtype? tenmo.dtype
---@field requires_grad? boolean
---@field device? 'cpu'|'cuda'

---every element is value
---@param shape integer|integer[]
---@param value number
---@param dtype? tenmo.dtype|tenmo.full.options
---@param requires_grad? boolean|tenmo.full.options
---@param device? 'cpu'|'cuda'|tenmo.full.options
---@return tenmo.Tensor
---@overload fun(...: integer|tenmo.full.options): tenmo.Tensor
function tenmo.full(shape, value, dtype, requires_grad, device) end

---@class tenmo.full_like.options
---@field dtype? tenmo.dtype
---@field requires_grad? boolean
---@field device? 'cpu'|'cuda'

---value everywhere, in the shape and dtype of x, on its device
---@param x tenmo.Tensor
---@param value number
---@param dtype? tenmo.dtype|tenmo.full_like.options
---@param requires_grad? boolean|tenmo.full_like.options
---@param device? 'cpu'|'cuda'|tenmo.full_like.options
---@return tenmo.Tensor
function tenmo.full_like(x, value, dtype, requires_grad, device) end

---@class tenmo.linspace.options
---@field dtype? tenmo.dtype
---@field requires_grad? boolean

---steps numbers from first to last, both included, evenly spaced
---@param first number
---@param last number
---@param steps integer
---@param dtype? tenmo.dtype|tenmo.linspace.options
---@param requires_grad? boolean|tenmo.linspace.options
---@return tenmo.Tensor
function tenmo.linspace(first, last, steps, dtype, requires_grad) end

---@class tenmo.logspace.options
---@field base? number
---@field dtype? tenmo.dtype
---@field requires_grad? boolean

---powers of base, the exponents evenly spaced from first to last
---@param first number
---@param last number
---@param steps integer
---@param base? number|tenmo.logspace.options
---@param dtype? tenmo.dtype|tenmo.logspace.options
---@param requires_grad? boolean|tenmo.logspace.options
---@return tenmo.Tensor
function tenmo.logspace(first, last, steps, base, dtype, requires_grad) end

---@class tenmo.multinomial.options
---@field replacement? boolean
---@field temperature? number

---ids drawn by the weights that x gives, a row each; they need not sum to 1. A temperature below 1 favours the large weights, above 1 evens them out
---@param x tenmo.Tensor
---@param n? integer
---@param replacement? boolean|tenmo.multinomial.options
---@param temperature? number|tenmo.multinomial.options
---@return tenmo.Tensor
function tenmo.multinomial(x, n, replacement, temperature) end

---ids drawn by the weights that x gives, a row each; they need not sum to 1. A temperature below 1 favours the large weights, above 1 evens them out
---@param n? integer
---@param replacement? boolean|tenmo.multinomial.options
---@param temperature? number|tenmo.multinomial.options
---@return tenmo.Tensor
function Tensor:multinomial(n, replacement, temperature) end

---1 at each id, 0 elsewhere, along a new last axis; classes is one more than the largest id unless given
---@param ids tenmo.Tensor
---@param classes? integer
---@return tenmo.Tensor
function tenmo.one_hot(ids, classes) end

---1 at each id, 0 elsewhere, along a new last axis; classes is one more than the largest id unless given
---@param classes? integer
---@return tenmo.Tensor
function Tensor:one_hot(classes) end

---@class tenmo.ones.options
---@field dtype? tenmo.dtype
---@field requires_grad? boolean
---@field device? 'cpu'|'cuda'

---every element is 1
---@param shape integer|integer[]
---@param dtype? tenmo.dtype|tenmo.ones.options
---@param requires_grad? boolean|tenmo.ones.options
---@param device? 'cpu'|'cuda'|tenmo.ones.options
---@return tenmo.Tensor
---@overload fun(...: integer|tenmo.ones.options): tenmo.Tensor
function tenmo.ones(shape, dtype, requires_grad, device) end

---@class tenmo.ones_like.options
---@field dtype? tenmo.dtype
---@field requires_grad? boolean
---@field device? 'cpu'|'cuda'

---ones in the shape and dtype of x, on its device
---@param x tenmo.Tensor
---@param dtype? tenmo.dtype|tenmo.ones_like.options
---@param requires_grad? boolean|tenmo.ones_like.options
---@param device? 'cpu'|'cuda'|tenmo.ones_like.options
---@return tenmo.Tensor
function tenmo.ones_like(x, dtype, requires_grad, device) end

---@class tenmo.rand.options
---@field dtype? tenmo.dtype
---@field requires_grad? boolean
---@field device? 'cpu'|'cuda'

---uniform in [0, 1)
---@param shape integer|integer[]
---@param dtype? tenmo.dtype|tenmo.rand.options
---@param requires_grad? boolean|tenmo.rand.options
---@param device? 'cpu'|'cuda'|tenmo.rand.options
---@return tenmo.Tensor
---@overload fun(...: integer|tenmo.rand.options): tenmo.Tensor
function tenmo.rand(shape, dtype, requires_grad, device) end

---@class tenmo.rand_like.options
---@field dtype? tenmo.dtype
---@field requires_grad? boolean

---uniform in [0, 1), in the shape and dtype of x
---@param x tenmo.Tensor
---@param dtype? tenmo.dtype|tenmo.rand_like.options
---@param requires_grad? boolean|tenmo.rand_like.options
---@return tenmo.Tensor
function tenmo.rand_like(x, dtype, requires_grad) end

---@class tenmo.randint.options
---@field dtype? tenmo.dtype
---@field device? 'cpu'|'cuda'

---integers from low to high - 1
---@param low integer
---@param high integer
---@param shape integer|integer[]
---@param dtype? tenmo.dtype|tenmo.randint.options
---@param device? 'cpu'|'cuda'|tenmo.randint.options
---@return tenmo.Tensor
---@overload fun(...: integer|tenmo.randint.options): tenmo.Tensor
function tenmo.randint(low, high, shape, dtype, device) end

---@class tenmo.randint_like.options
---@field dtype? tenmo.dtype

---integers from low to high - 1, in the shape and dtype of x
---@param x tenmo.Tensor
---@param low integer
---@param high integer
---@param dtype? tenmo.dtype|tenmo.randint_like.options
---@return tenmo.Tensor
function tenmo.randint_like(x, low, high, dtype) end

---@class tenmo.randn.options
---@field dtype? tenmo.dtype
---@field requires_grad? boolean
---@field device? 'cpu'|'cuda'

---normal with mean 0 and variance 1
---@param shape integer|integer[]
---@param dtype? tenmo.dtype|tenmo.randn.options
---@param requires_grad? boolean|tenmo.randn.options
---@param device? 'cpu'|'cuda'|tenmo.randn.options
---@return tenmo.Tensor
---@overload fun(...: integer|tenmo.randn.options): tenmo.Tensor
function tenmo.randn(shape, dtype, requires_grad, device) end

---@class tenmo.randn_like.options
---@field dtype? tenmo.dtype
---@field requires_grad? boolean

---normal with mean 0 and variance 1, in the shape and dtype of x
---@param x tenmo.Tensor
---@param dtype? tenmo.dtype|tenmo.randn_like.options
---@param requires_grad? boolean|tenmo.randn_like.options
---@return tenmo.Tensor
function tenmo.randn_like(x, dtype, requires_grad) end

---@class tenmo.randperm.options
---@field device? 'cpu'|'cuda'

---the ids 0 .. n-1 in random order
---@param n integer
---@param device? 'cpu'|'cuda'|tenmo.randperm.options
---@return tenmo.Tensor
function tenmo.randperm(n, device) end

---@class tenmo.tril_indices.options
---@field offset? integer

---the ids (row, column) on and below a diagonal, offset above the main one
---@param rows integer
---@param columns integer
---@param offset? integer|tenmo.tril_indices.options
---@return tenmo.Tensor
function tenmo.tril_indices(rows, columns, offset) end

---@class tenmo.triu_indices.options
---@field offset? integer

---the ids (row, column) on and above a diagonal, offset above the main one
---@param rows integer
---@param columns integer
---@param offset? integer|tenmo.triu_indices.options
---@return tenmo.Tensor
function tenmo.triu_indices(rows, columns, offset) end

---@class tenmo.zeros.options
---@field dtype? tenmo.dtype
---@field requires_grad? boolean
---@field device? 'cpu'|'cuda'

---every element is 0
---@param shape integer|integer[]
---@param dtype? tenmo.dtype|tenmo.zeros.options
---@param requires_grad? boolean|tenmo.zeros.options
---@param device? 'cpu'|'cuda'|tenmo.zeros.options
---@return tenmo.Tensor
---@overload fun(...: integer|tenmo.zeros.options): tenmo.Tensor
function tenmo.zeros(shape, dtype, requires_grad, device) end

---@class tenmo.zeros_like.options
---@field dtype? tenmo.dtype
---@field requires_grad? boolean
---@field device? 'cpu'|'cuda'

---zeros in the shape and dtype of x, on its device
---@param x tenmo.Tensor
---@param dtype? tenmo.dtype|tenmo.zeros_like.options
---@param requires_grad? boolean|tenmo.zeros_like.options
---@param device? 'cpu'|'cuda'|tenmo.zeros_like.options
---@return tenmo.Tensor
function tenmo.zeros_like(x, dtype, requires_grad, device) end

---@class tenmo.batch_norm.options
---@field weight? any
---@field bias? any
---@field training? boolean
---@field momentum? number
---@field eps? number

---each channel of x (N, C, ...) less mean, over the root of variance, times weight plus bias; with training = true mean and variance are those of x, and those given move towards them
---@param x tenmo.Tensor
---@param mean? tenmo.Tensor
---@param variance? tenmo.Tensor
---@param weight? any|tenmo.batch_norm.options
---@param bias? any|tenmo.batch_norm.options
---@param training? boolean|tenmo.batch_norm.options
---@param momentum? number|tenmo.batch_norm.options
---@param eps? number|tenmo.batch_norm.options
---@return tenmo.Tensor
function tenmo.batch_norm(x, mean, variance, weight, bias, training, momentum, eps) end

---each channel of x (N, C, ...) less mean, over the root of variance, times weight plus bias; with training = true mean and variance are those of x, and those given move towards them
---@param mean? tenmo.Tensor
---@param variance? tenmo.Tensor
---@param weight? any|tenmo.batch_norm.options
---@param bias? any|tenmo.batch_norm.options
---@param training? boolean|tenmo.batch_norm.options
---@param momentum? number|tenmo.batch_norm.options
---@param eps? number|tenmo.batch_norm.options
---@return tenmo.Tensor
function Tensor:batch_norm(mean, variance, weight, bias, training, momentum, eps) end

---the products of two equally long batches of matrices
---@param x tenmo.Tensor
---@param other tenmo.Tensor
---@return tenmo.Tensor
function tenmo.bmm(x, other) end

---the products of two equally long batches of matrices
---@param other tenmo.Tensor
---@return tenmo.Tensor
function Tensor:bmm(other) end

---the sum of the products of two vectors
---@param x tenmo.Tensor
---@param other tenmo.Tensor
---@return tenmo.Tensor
function tenmo.dot(x, other) end

---the sum of the products of two vectors
---@param other tenmo.Tensor
---@return tenmo.Tensor
function Tensor:dot(other) end

---sums of products by named axes: 'ij,jk->ik' is a matrix product; axes that the result does not name are summed over, ... stands for any others
---@param equation tenmo.Tensor
---@param ... tenmo.Tensor|tenmo.Tensor[]|table
---@return tenmo.Tensor
function tenmo.einsum(equation, ...) end

---x[index] as a function, where ids (0-based) or a mask (bool) are the index or stand in its table, beside positions and ranges; a mask stands for as many axes as it has, and several id tensors are broadcast together
---@param x tenmo.Tensor
---@param index table|integer
---@return tenmo.Tensor
function tenmo.index_get(x, index) end

---x[index] as a function, where ids (0-based) or a mask (bool) are the index or stand in its table, beside positions and ranges; a mask stands for as many axes as it has, and several id tensors are broadcast together
---@param index table|integer
---@return tenmo.Tensor
function Tensor:index_get(index) end

---@class tenmo.index_put.options
---@field accumulate? boolean

---x with what the ids and masks of an index name replaced by value; accumulate = true adds instead, once for each time that an id is named
---@param x tenmo.Tensor
---@param index table|integer
---@param value tenmo.Tensor
---@param accumulate? boolean|tenmo.index_put.options
---@return tenmo.Tensor
function tenmo.index_put(x, index, value, accumulate) end

---x with what the ids and masks of an index name replaced by value; accumulate = true adds instead, once for each time that an id is named
---@param index table|integer
---@param value tenmo.Tensor
---@param accumulate? boolean|tenmo.index_put.options
---@return tenmo.Tensor
function Tensor:index_put(index, value, accumulate) end

---x with what the ids and masks of an index name replaced by value; accumulate = true adds instead, once for each time that an id is named; written over x
---@param index table|integer
---@param value tenmo.Tensor
---@param accumulate? boolean|tenmo.index_put.options
---@return tenmo.Tensor
function Tensor:index_put_(index, value, accumulate) end

---@class tenmo.interpolate.options
---@field size? integer[]
---@field scale_factor? tenmo.Tensor
---@field mode? 'nearest'|'nearest-exact'|'linear'|'bilinear'|'trilinear'|'bicubic'|'area'
---@field align_corners? boolean
---@field recompute_scale_factor? boolean

---x resized along all axes but the first two: by the nearest element, by lines between neighbours (linear, bilinear, trilinear), cubic curves (bicubic) or means (area). With align_corners = true the elements at the ends stay what they are; recompute_scale_factor = true goes by the whole sizes that scale_factor gave
---@param x tenmo.Tensor
---@param size? integer[]|tenmo.interpolate.options
---@param scale_factor? tenmo.Tensor|tenmo.interpolate.options
---@param mode? 'nearest'|'nearest-exact'|'linear'|'bilinear'|'trilinear'|'bicubic'|'area'|tenmo.interpolate.options
---@param align_corners? boolean|tenmo.interpolate.options
---@param recompute_scale_factor? boolean|tenmo.interpolate.options
---@return tenmo.Tensor
function tenmo.interpolate(x, size, scale_factor, mode, align_corners, recompute_scale_factor) end

---x resized along all axes but the first two: by the nearest element, by lines between neighbours (linear, bilinear, trilinear), cubic curves (bicubic) or means (area). With align_corners = true the elements at the ends stay what they are; recompute_scale_factor = true goes by the whole sizes that scale_factor gave
---@param size? integer[]|tenmo.interpolate.options
---@param scale_factor? tenmo.Tensor|tenmo.interpolate.options
---@param mode? 'nearest'|'nearest-exact'|'linear'|'bilinear'|'trilinear'|'bicubic'|'area'|tenmo.interpolate.options
---@param align_corners? boolean|tenmo.interpolate.options
---@param recompute_scale_factor? boolean|tenmo.interpolate.options
---@return tenmo.Tensor
function Tensor:interpolate(size, scale_factor, mode, align_corners, recompute_scale_factor) end

---the product of two matrices
---@param x tenmo.Tensor
---@param other tenmo.Tensor
---@return tenmo.Tensor
function tenmo.mm(x, other) end

---the product of two matrices
---@param other tenmo.Tensor
---@return tenmo.Tensor
function Tensor:mm(other) end

---a matrix times a vector
---@param x tenmo.Tensor
---@param other tenmo.Tensor
---@return tenmo.Tensor
function tenmo.mv(x, other) end

---a matrix times a vector
---@param other tenmo.Tensor
---@return tenmo.Tensor
function Tensor:mv(other) end

---@class tenmo.normal.options
---@field dtype? tenmo.dtype

---normal with that mean and standard deviation: two numbers and a shape, or tensors
---@param mean tenmo.Tensor
---@param std tenmo.Tensor
---@param shape? integer|integer[]
---@param dtype? tenmo.dtype|tenmo.normal.options
---@return tenmo.Tensor
---@overload fun(...: integer|tenmo.normal.options): tenmo.Tensor
function tenmo.normal(mean, std, shape, dtype) end

---@class tenmo.pad.options
---@field mode? 'constant'|'reflect'|'replicate'|'circular'
---@field value? number

---borders put on: before and behind of the last axis, then of the one before it ...; a negative number cuts off
---@param x tenmo.Tensor
---@param sizes integer[]
---@param mode? 'constant'|'reflect'|'replicate'|'circular'|tenmo.pad.options
---@param value? number|tenmo.pad.options
---@return tenmo.Tensor
function tenmo.pad(x, sizes, mode, value) end

---borders put on: before and behind of the last axis, then of the one before it ...; a negative number cuts off
---@param sizes integer[]
---@param mode? 'constant'|'reflect'|'replicate'|'circular'|tenmo.pad.options
---@param value? number|tenmo.pad.options
---@return tenmo.Tensor
function Tensor:pad(sizes, mode, value) end

---@class tenmo.split.options
---@field axis? integer

---a list of views along an axis: of that size (the last may be smaller), or of the listed sizes
---@param x tenmo.Tensor
---@param sizes tenmo.Tensor
---@param axis? integer|tenmo.split.options
---@return tenmo.Tensor
function tenmo.split(x, sizes, axis) end

---a list of views along an axis: of that size (the last may be smaller), or of the listed sizes
---@param sizes tenmo.Tensor
---@param axis? integer|tenmo.split.options
---@return tenmo.Tensor
function Tensor:split(sizes, axis) end

---the sum of products over several axes: the last n of x and the first n of other (axes = n, 2 unless given), or {{axes of x}, {axes of other}}
---@param x tenmo.Tensor
---@param other tenmo.Tensor
---@param axes? integer[]
---@return tenmo.Tensor
function tenmo.tensordot(x, other, axes) end

---the sum of products over several axes: the last n of x and the first n of other (axes = n, 2 unless given), or {{axes of x}, {axes of other}}
---@param other tenmo.Tensor
---@param axes? integer[]
---@return tenmo.Tensor
function Tensor:tensordot(other, axes) end

---a vector times a matrix
---@param x tenmo.Tensor
---@param other tenmo.Tensor
---@return tenmo.Tensor
function tenmo.vm(x, other) end

---a vector times a matrix
---@param other tenmo.Tensor
---@return tenmo.Tensor
function Tensor:vm(other) end

---x where the condition holds, else other; of the condition alone the ids of what is true, a tensor for each axis
---@param condition tenmo.Tensor
---@param x? tenmo.Tensor
---@param other? tenmo.Tensor
---@return tenmo.Tensor
function tenmo.where(condition, x, other) end

---x where the condition holds, else other; of the condition alone the ids of what is true, a tensor for each axis
---@param x? tenmo.Tensor
---@param other? tenmo.Tensor
---@return tenmo.Tensor
function Tensor:where(x, other) end

---@class tenmo.cross_entropy.options
---@field reduction? 'mean'|'sum'|'none'
---@field weight? tenmo.Tensor
---@field ignore_index? integer
---@field label_smoothing? number

----log(softmax(x)) at each row's class id, or its mean over probabilities of the classes; weight has a number for each class, the id ignore_index does not count, label_smoothing takes that part of each target and spreads it over all classes; a mean is one over the weights
---@param x tenmo.Tensor
---@param target tenmo.Tensor
---@param reduction? 'mean'|'sum'|'none'|tenmo.cross_entropy.options
---@param weight? tenmo.Tensor|tenmo.cross_entropy.options
---@param ignore_index? integer|tenmo.cross_entropy.options
---@param label_smoothing? number|tenmo.cross_entropy.options
---@return tenmo.Tensor
function tenmo.cross_entropy(x, target, reduction, weight, ignore_index, label_smoothing) end

----log(softmax(x)) at each row's class id, or its mean over probabilities of the classes; weight has a number for each class, the id ignore_index does not count, label_smoothing takes that part of each target and spreads it over all classes; a mean is one over the weights
---@param target tenmo.Tensor
---@param reduction? 'mean'|'sum'|'none'|tenmo.cross_entropy.options
---@param weight? tenmo.Tensor|tenmo.cross_entropy.options
---@param ignore_index? integer|tenmo.cross_entropy.options
---@param label_smoothing? number|tenmo.cross_entropy.options
---@return tenmo.Tensor
function Tensor:cross_entropy(target, reduction, weight, ignore_index, label_smoothing) end

---@class tenmo.multi_margin_loss.options
---@field reduction? 'mean'|'sum'|'none'
---@field p? number
---@field margin? number
---@field weight? tenmo.Tensor

---how much every other score lacks to be below that of the class id by margin
---@param x tenmo.Tensor
---@param ids tenmo.Tensor
---@param reduction? 'mean'|'sum'|'none'|tenmo.multi_margin_loss.options
---@param p? number|tenmo.multi_margin_loss.options
---@param margin? number|tenmo.multi_margin_loss.options
---@param weight? tenmo.Tensor|tenmo.multi_margin_loss.options
---@return tenmo.Tensor
function tenmo.multi_margin_loss(x, ids, reduction, p, margin, weight) end

---how much every other score lacks to be below that of the class id by margin
---@param ids tenmo.Tensor
---@param reduction? 'mean'|'sum'|'none'|tenmo.multi_margin_loss.options
---@param p? number|tenmo.multi_margin_loss.options
---@param margin? number|tenmo.multi_margin_loss.options
---@param weight? tenmo.Tensor|tenmo.multi_margin_loss.options
---@return tenmo.Tensor
function Tensor:multi_margin_loss(ids, reduction, p, margin, weight) end

---@class tenmo.nll_loss.options
---@field reduction? 'mean'|'sum'|'none'
---@field weight? tenmo.Tensor
---@field ignore_index? integer

---the negative log likelihood: -x at each class id, where x are logarithms of probabilities, as log_softmax gives them; weight and ignore_index as in cross_entropy
---@param x tenmo.Tensor
---@param ids tenmo.Tensor
---@param reduction? 'mean'|'sum'|'none'|tenmo.nll_loss.options
---@param weight? tenmo.Tensor|tenmo.nll_loss.options
---@param ignore_index? integer|tenmo.nll_loss.options
---@return tenmo.Tensor
function tenmo.nll_loss(x, ids, reduction, weight, ignore_index) end

---the negative log likelihood: -x at each class id, where x are logarithms of probabilities, as log_softmax gives them; weight and ignore_index as in cross_entropy
---@param ids tenmo.Tensor
---@param reduction? 'mean'|'sum'|'none'|tenmo.nll_loss.options
---@param weight? tenmo.Tensor|tenmo.nll_loss.options
---@param ignore_index? integer|tenmo.nll_loss.options
---@return tenmo.Tensor
function Tensor:nll_loss(ids, reduction, weight, ignore_index) end

---matrices along the diagonal of a larger one, zeros elsewhere
---@param ... tenmo.Tensor|tenmo.Tensor[]|table
---@return tenmo.Tensor
function tenmo.block_diag(...) end

---a list of views in the shape that all of them broadcast to
---@param ... tenmo.Tensor|tenmo.Tensor[]|table
---@return tenmo.Tensor
function tenmo.broadcast_tensors(...) end

---@class tenmo.chunk.options
---@field axis? integer

---a list of at most n views along an axis, all but the last of equal size
---@param x tenmo.Tensor
---@param n integer
---@param axis? integer|tenmo.chunk.options
---@return tenmo.Tensor
function tenmo.chunk(x, n, axis) end

---a list of at most n views along an axis, all but the last of equal size
---@param n integer
---@param axis? integer|tenmo.chunk.options
---@return tenmo.Tensor
function Tensor:chunk(n, axis) end

---side by side, vectors as columns
---@param ... tenmo.Tensor|tenmo.Tensor[]|table
---@return tenmo.Tensor
function tenmo.column_stack(...) end

---one behind another, along a third axis
---@param ... tenmo.Tensor|tenmo.Tensor[]|table
---@return tenmo.Tensor
function tenmo.dstack(...) end

---side by side: vectors one after another, others along the second axis
---@param ... tenmo.Tensor|tenmo.Tensor[]|table
---@return tenmo.Tensor
function tenmo.hstack(...) end

---@class tenmo.meshgrid.options
---@field indexing? 'ij'|'xy'

---a list of the coordinates of a grid over vectors; 'xy' exchanges the first two axes
---@param ... tenmo.Tensor|tenmo.Tensor[]|table
---@return tenmo.Tensor
function tenmo.meshgrid(...) end

---@class tenmo.stack.options
---@field axis? integer

---tensors of one shape along a new axis at that position
---@param ... tenmo.Tensor|tenmo.Tensor[]|table
---@return tenmo.Tensor
function tenmo.stack(...) end

---@class tenmo.unbind.options
---@field axis? integer

---a list of the slices along an axis, without it
---@param x tenmo.Tensor
---@param axis? integer|tenmo.unbind.options
---@return tenmo.Tensor
function tenmo.unbind(x, axis) end

---a list of the slices along an axis, without it
---@param axis? integer|tenmo.unbind.options
---@return tenmo.Tensor
function Tensor:unbind(axis) end

---one below another, vectors as rows
---@param ... tenmo.Tensor|tenmo.Tensor[]|table
---@return tenmo.Tensor
function tenmo.vstack(...) end

---@class tenmo.diag.options
---@field diagonal? integer

---the matrix with this vector on a diagonal, or a copy of the diagonal of a matrix
---@param x tenmo.Tensor
---@param diagonal? integer|tenmo.diag.options
---@return tenmo.Tensor
function tenmo.diag(x, diagonal) end

---the matrix with this vector on a diagonal, or a copy of the diagonal of a matrix
---@param diagonal? integer|tenmo.diag.options
---@return tenmo.Tensor
function Tensor:diag(diagonal) end

---@class tenmo.diag_embed.options
---@field offset? integer
---@field axis1? integer
---@field axis2? integer

---the last axis laid on a diagonal of two new axes, which stand at axis1 and axis2 of the result
---@param x tenmo.Tensor
---@param offset? integer|tenmo.diag_embed.options
---@param axis1? integer|tenmo.diag_embed.options
---@param axis2? integer|tenmo.diag_embed.options
---@return tenmo.Tensor
function tenmo.diag_embed(x, offset, axis1, axis2) end

---the last axis laid on a diagonal of two new axes, which stand at axis1 and axis2 of the result
---@param offset? integer|tenmo.diag_embed.options
---@param axis1? integer|tenmo.diag_embed.options
---@param axis2? integer|tenmo.diag_embed.options
---@return tenmo.Tensor
function Tensor:diag_embed(offset, axis1, axis2) end

---@class tenmo.tril.options
---@field diagonal? integer

---the lower triangle of the last two axes, zeros above; diagonal > 0 keeps so many diagonals more
---@param x tenmo.Tensor
---@param diagonal? integer|tenmo.tril.options
---@return tenmo.Tensor
function tenmo.tril(x, diagonal) end

---the lower triangle of the last two axes, zeros above; diagonal > 0 keeps so many diagonals more
---@param diagonal? integer|tenmo.tril.options
---@return tenmo.Tensor
function Tensor:tril(diagonal) end

---the lower triangle of the last two axes, zeros above; diagonal > 0 keeps so many diagonals more; written over x
---@param diagonal? integer|tenmo.tril.options
---@return tenmo.Tensor
function Tensor:tril_(diagonal) end

---@class tenmo.triu.options
---@field diagonal? integer

---the upper triangle of the last two axes, zeros below; diagonal > 0 keeps so many diagonals fewer
---@param x tenmo.Tensor
---@param diagonal? integer|tenmo.triu.options
---@return tenmo.Tensor
function tenmo.triu(x, diagonal) end

---the upper triangle of the last two axes, zeros below; diagonal > 0 keeps so many diagonals fewer
---@param diagonal? integer|tenmo.triu.options
---@return tenmo.Tensor
function Tensor:triu(diagonal) end

---the upper triangle of the last two axes, zeros below; diagonal > 0 keeps so many diagonals fewer; written over x
---@param diagonal? integer|tenmo.triu.options
---@return tenmo.Tensor
function Tensor:triu_(diagonal) end

---@class tenmo.addbmm.options
---@field beta? number
---@field alpha? number

---beta * x + alpha * the sum of the products of two batches of matrices
---@param x tenmo.Tensor
---@param batch1 tenmo.Tensor
---@param batch2 tenmo.Tensor
---@param beta? number|tenmo.addbmm.options
---@param alpha? number|tenmo.addbmm.options
---@return tenmo.Tensor
function tenmo.addbmm(x, batch1, batch2, beta, alpha) end

---beta * x + alpha * the sum of the products of two batches of matrices
---@param batch1 tenmo.Tensor
---@param batch2 tenmo.Tensor
---@param beta? number|tenmo.addbmm.options
---@param alpha? number|tenmo.addbmm.options
---@return tenmo.Tensor
function Tensor:addbmm(batch1, batch2, beta, alpha) end

---beta * x + alpha * the sum of the products of two batches of matrices; written over x
---@param batch1 tenmo.Tensor
---@param batch2 tenmo.Tensor
---@param beta? number|tenmo.addbmm.options
---@param alpha? number|tenmo.addbmm.options
---@return tenmo.Tensor
function Tensor:addbmm_(batch1, batch2, beta, alpha) end

---@class tenmo.addmm.options
---@field beta? number
---@field alpha? number

---beta * x + alpha * the product of two matrices
---@param x tenmo.Tensor
---@param mat1 tenmo.Tensor
---@param mat2 tenmo.Tensor
---@param beta? number|tenmo.addmm.options
---@param alpha? number|tenmo.addmm.options
---@return tenmo.Tensor
function tenmo.addmm(x, mat1, mat2, beta, alpha) end

---beta * x + alpha * the product of two matrices
---@param mat1 tenmo.Tensor
---@param mat2 tenmo.Tensor
---@param beta? number|tenmo.addmm.options
---@param alpha? number|tenmo.addmm.options
---@return tenmo.Tensor
function Tensor:addmm(mat1, mat2, beta, alpha) end

---beta * x + alpha * the product of two matrices; written over x
---@param mat1 tenmo.Tensor
---@param mat2 tenmo.Tensor
---@param beta? number|tenmo.addmm.options
---@param alpha? number|tenmo.addmm.options
---@return tenmo.Tensor
function Tensor:addmm_(mat1, mat2, beta, alpha) end

---@class tenmo.addmv.options
---@field beta? number
---@field alpha? number

---beta * x + alpha * a matrix times a vector
---@param x tenmo.Tensor
---@param mat tenmo.Tensor
---@param vec tenmo.Tensor
---@param beta? number|tenmo.addmv.options
---@param alpha? number|tenmo.addmv.options
---@return tenmo.Tensor
function tenmo.addmv(x, mat, vec, beta, alpha) end

---beta * x + alpha * a matrix times a vector
---@param mat tenmo.Tensor
---@param vec tenmo.Tensor
---@param beta? number|tenmo.addmv.options
---@param alpha? number|tenmo.addmv.options
---@return tenmo.Tensor
function Tensor:addmv(mat, vec, beta, alpha) end

---beta * x + alpha * a matrix times a vector; written over x
---@param mat tenmo.Tensor
---@param vec tenmo.Tensor
---@param beta? number|tenmo.addmv.options
---@param alpha? number|tenmo.addmv.options
---@return tenmo.Tensor
function Tensor:addmv_(mat, vec, beta, alpha) end

---@class tenmo.addr.options
---@field beta? number
---@field alpha? number

---beta * x + alpha * the outer product of two vectors
---@param x tenmo.Tensor
---@param vec1 tenmo.Tensor
---@param vec2 tenmo.Tensor
---@param beta? number|tenmo.addr.options
---@param alpha? number|tenmo.addr.options
---@return tenmo.Tensor
function tenmo.addr(x, vec1, vec2, beta, alpha) end

---beta * x + alpha * the outer product of two vectors
---@param vec1 tenmo.Tensor
---@param vec2 tenmo.Tensor
---@param beta? number|tenmo.addr.options
---@param alpha? number|tenmo.addr.options
---@return tenmo.Tensor
function Tensor:addr(vec1, vec2, beta, alpha) end

---beta * x + alpha * the outer product of two vectors; written over x
---@param vec1 tenmo.Tensor
---@param vec2 tenmo.Tensor
---@param beta? number|tenmo.addr.options
---@param alpha? number|tenmo.addr.options
---@return tenmo.Tensor
function Tensor:addr_(vec1, vec2, beta, alpha) end

---@class tenmo.baddbmm.options
---@field beta? number
---@field alpha? number

---beta * x + alpha * the products of two batches of matrices
---@param x tenmo.Tensor
---@param batch1 tenmo.Tensor
---@param batch2 tenmo.Tensor
---@param beta? number|tenmo.baddbmm.options
---@param alpha? number|tenmo.baddbmm.options
---@return tenmo.Tensor
function tenmo.baddbmm(x, batch1, batch2, beta, alpha) end

---beta * x + alpha * the products of two batches of matrices
---@param batch1 tenmo.Tensor
---@param batch2 tenmo.Tensor
---@param beta? number|tenmo.baddbmm.options
---@param alpha? number|tenmo.baddbmm.options
---@return tenmo.Tensor
function Tensor:baddbmm(batch1, batch2, beta, alpha) end

---beta * x + alpha * the products of two batches of matrices; written over x
---@param batch1 tenmo.Tensor
---@param batch2 tenmo.Tensor
---@param beta? number|tenmo.baddbmm.options
---@param alpha? number|tenmo.baddbmm.options
---@return tenmo.Tensor
function Tensor:baddbmm_(batch1, batch2, beta, alpha) end

---@class tenmo.cdist.options
---@field p? number

---the distances between the rows of x and those of other; Euclidean, or of another norm p
---@param x tenmo.Tensor
---@param other tenmo.Tensor
---@param p? number|tenmo.cdist.options
---@return tenmo.Tensor
function tenmo.cdist(x, other, p) end

---the distances between the rows of x and those of other; Euclidean, or of another norm p
---@param other tenmo.Tensor
---@param p? number|tenmo.cdist.options
---@return tenmo.Tensor
function Tensor:cdist(other, p) end

---@class tenmo.cross.options
---@field axis? integer

---the vector product of vectors of 3 along an axis
---@param x tenmo.Tensor
---@param other tenmo.Tensor
---@param axis? integer|tenmo.cross.options
---@return tenmo.Tensor
function tenmo.cross(x, other, axis) end

---the vector product of vectors of 3 along an axis
---@param other tenmo.Tensor
---@param axis? integer|tenmo.cross.options
---@return tenmo.Tensor
function Tensor:cross(other, axis) end

---the sum of products over the last axes of both
---@param x tenmo.Tensor
---@param other tenmo.Tensor
---@return tenmo.Tensor
function tenmo.inner(x, other) end

---the sum of products over the last axes of both
---@param other tenmo.Tensor
---@return tenmo.Tensor
function Tensor:inner(other) end

---the Kronecker product: each element of x replaced by itself times other
---@param x tenmo.Tensor
---@param other tenmo.Tensor
---@return tenmo.Tensor
function tenmo.kron(x, other) end

---the Kronecker product: each element of x replaced by itself times other
---@param other tenmo.Tensor
---@return tenmo.Tensor
function Tensor:kron(other) end

---a square matrix multiplied by itself n times; 0 gives the identity, a negative n takes the inverse
---@param x tenmo.Tensor
---@param n integer
---@return tenmo.Tensor
function tenmo.matrix_power(x, n) end

---a square matrix multiplied by itself n times; 0 gives the identity, a negative n takes the inverse
---@param n integer
---@return tenmo.Tensor
function Tensor:matrix_power(n) end

---every element of one vector times every element of another
---@param x tenmo.Tensor
---@param other tenmo.Tensor
---@return tenmo.Tensor
function tenmo.outer(x, other) end

---every element of one vector times every element of another
---@param other tenmo.Tensor
---@return tenmo.Tensor
function Tensor:outer(other) end

---the sum of the diagonal of a matrix; tenmo.trace(x) too, though tenmo.trace(step) traces a training step
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.trace(x) end

---the sum of the diagonal of a matrix; tenmo.trace(x) too, though tenmo.trace(step) traces a training step
---@return tenmo.Tensor
function Tensor:trace() end

---the sum of the products of two vectors, as dot
---@param x tenmo.Tensor
---@param other tenmo.Tensor
---@return tenmo.Tensor
function tenmo.vdot(x, other) end

---the sum of the products of two vectors, as dot
---@param other tenmo.Tensor
---@return tenmo.Tensor
function Tensor:vdot(other) end

---a row of ids for each element that is not 0: nonzero under its other name
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.argwhere(x) end

---a row of ids for each element that is not 0: nonzero under its other name
---@return tenmo.Tensor
function Tensor:argwhere() end

---x with its slices along an axis at these ids filled with a number, or a tensor of one
---@param x tenmo.Tensor|number
---@param axis integer
---@param ids tenmo.Tensor|number
---@param value tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.index_fill(x, axis, ids, value) end

---x with its slices along an axis at these ids filled with a number, or a tensor of one
---@param axis integer
---@param ids tenmo.Tensor|number
---@param value tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:index_fill(axis, ids, value) end

---x with its slices along an axis at these ids filled with a number, or a tensor of one; written over x
---@param axis integer
---@param ids tenmo.Tensor|number
---@param value tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:index_fill_(axis, ids, value) end

---x with the source's elements, in their order, where the mask (bool) is true
---@param x tenmo.Tensor
---@param mask tenmo.Tensor
---@param source tenmo.Tensor
---@return tenmo.Tensor
function tenmo.masked_scatter(x, mask, source) end

---x with the source's elements, in their order, where the mask (bool) is true
---@param mask tenmo.Tensor
---@param source tenmo.Tensor
---@return tenmo.Tensor
function Tensor:masked_scatter(mask, source) end

---x with the source's elements, in their order, where the mask (bool) is true; written over x
---@param mask tenmo.Tensor
---@param source tenmo.Tensor
---@return tenmo.Tensor
function Tensor:masked_scatter_(mask, source) end

---the elements where the mask (bool) is true, one after another; x and mask are broadcast
---@param x tenmo.Tensor
---@param mask tenmo.Tensor
---@return tenmo.Tensor
function tenmo.masked_select(x, mask) end

---the elements where the mask (bool) is true, one after another; x and mask are broadcast
---@param mask tenmo.Tensor
---@return tenmo.Tensor
function Tensor:masked_select(mask) end

---@class tenmo.put.options
---@field accumulate? boolean

---x with the source at ids of its flattened form; accumulate = true adds instead
---@param x tenmo.Tensor
---@param ids tenmo.Tensor
---@param source tenmo.Tensor
---@param accumulate? boolean|tenmo.put.options
---@return tenmo.Tensor
function tenmo.put(x, ids, source, accumulate) end

---x with the source at ids of its flattened form; accumulate = true adds instead
---@param ids tenmo.Tensor
---@param source tenmo.Tensor
---@param accumulate? boolean|tenmo.put.options
---@return tenmo.Tensor
function Tensor:put(ids, source, accumulate) end

---x with the source at ids of its flattened form; accumulate = true adds instead; written over x
---@param ids tenmo.Tensor
---@param source tenmo.Tensor
---@param accumulate? boolean|tenmo.put.options
---@return tenmo.Tensor
function Tensor:put_(ids, source, accumulate) end

---x with the source (or a number) put at ids along an axis, one id for each element; of repeated ids the last one counts
---@param x tenmo.Tensor|number
---@param axis integer
---@param ids tenmo.Tensor|number
---@param source tenmo.Tensor|number
---@return tenmo.Tensor
function tenmo.scatter(x, axis, ids, source) end

---x with the source (or a number) put at ids along an axis, one id for each element; of repeated ids the last one counts
---@param axis integer
---@param ids tenmo.Tensor|number
---@param source tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:scatter(axis, ids, source) end

---x with the source (or a number) put at ids along an axis, one id for each element; of repeated ids the last one counts; written over x
---@param axis integer
---@param ids tenmo.Tensor|number
---@param source tenmo.Tensor|number
---@return tenmo.Tensor
function Tensor:scatter_(axis, ids, source) end

---x with the source added at ids along an axis; repeated ids accumulate. ids of the rank of x say it for each element; a list of ids names slices, and a source of one slice goes to all of them
---@param x tenmo.Tensor
---@param axis integer
---@param ids tenmo.Tensor
---@param source tenmo.Tensor
---@return tenmo.Tensor
function tenmo.scatter_add(x, axis, ids, source) end

---x with the source added at ids along an axis; repeated ids accumulate. ids of the rank of x say it for each element; a list of ids names slices, and a source of one slice goes to all of them
---@param axis integer
---@param ids tenmo.Tensor
---@param source tenmo.Tensor
---@return tenmo.Tensor
function Tensor:scatter_add(axis, ids, source) end

---x with the source added at ids along an axis; repeated ids accumulate. ids of the rank of x say it for each element; a list of ids names slices, and a source of one slice goes to all of them; written over x
---@param axis integer
---@param ids tenmo.Tensor
---@param source tenmo.Tensor
---@return tenmo.Tensor
function Tensor:scatter_add_(axis, ids, source) end

---elements of the flattened x at ids of any shape
---@param x tenmo.Tensor
---@param ids tenmo.Tensor
---@return tenmo.Tensor
function tenmo.take(x, ids) end

---elements of the flattened x at ids of any shape
---@param ids tenmo.Tensor
---@return tenmo.Tensor
function Tensor:take(ids) end

---@class tenmo.take_along_dim.options
---@field axis? integer

---gather whose other axes are broadcast, as argsort and argmax with keepdim give ids; without an axis of the flattened x
---@param x tenmo.Tensor
---@param ids tenmo.Tensor
---@param axis? integer|tenmo.take_along_dim.options
---@return tenmo.Tensor
function tenmo.take_along_dim(x, ids, axis) end

---gather whose other axes are broadcast, as argsort and argmax with keepdim give ids; without an axis of the flattened x
---@param ids tenmo.Tensor
---@param axis? integer|tenmo.take_along_dim.options
---@return tenmo.Tensor
function Tensor:take_along_dim(ids, axis) end

---@class tenmo.argsort.options
---@field axis? integer
---@field descending? boolean

---the ids that bring the elements in order along an axis; equal ones keep their order
---@param x tenmo.Tensor
---@param axis? integer|tenmo.argsort.options
---@param descending? boolean|tenmo.argsort.options
---@return tenmo.Tensor
function tenmo.argsort(x, axis, descending) end

---the ids that bring the elements in order along an axis; equal ones keep their order
---@param axis? integer|tenmo.argsort.options
---@param descending? boolean|tenmo.argsort.options
---@return tenmo.Tensor
function Tensor:argsort(axis, descending) end

---@class tenmo.bincount.options
---@field minlength? integer

---how often each id occurs, or the sum of its weights; minlength sizes at least
---@param ids tenmo.Tensor
---@param weights? tenmo.Tensor
---@param minlength? integer|tenmo.bincount.options
---@return tenmo.Tensor
function tenmo.bincount(ids, weights, minlength) end

---how often each id occurs, or the sum of its weights; minlength sizes at least
---@param weights? tenmo.Tensor
---@param minlength? integer|tenmo.bincount.options
---@return tenmo.Tensor
function Tensor:bincount(weights, minlength) end

---@class tenmo.bucketize.options
---@field right? boolean

---how many of the sorted boundaries are less than each element; right = true counts equal ones too
---@param x tenmo.Tensor
---@param boundaries tenmo.Tensor
---@param right? boolean|tenmo.bucketize.options
---@return tenmo.Tensor
function tenmo.bucketize(x, boundaries, right) end

---how many of the sorted boundaries are less than each element; right = true counts equal ones too
---@param boundaries tenmo.Tensor
---@param right? boolean|tenmo.bucketize.options
---@return tenmo.Tensor
function Tensor:bucketize(boundaries, right) end

---@class tenmo.histc.options
---@field bins? integer
---@field min? number
---@field max? number

---how many elements lie in each of equal bins between min and max; both 0: between the smallest and the largest
---@param x tenmo.Tensor
---@param bins? integer|tenmo.histc.options
---@param min? number|tenmo.histc.options
---@param max? number|tenmo.histc.options
---@return tenmo.Tensor
function tenmo.histc(x, bins, min, max) end

---how many elements lie in each of equal bins between min and max; both 0: between the smallest and the largest
---@param bins? integer|tenmo.histc.options
---@param min? number|tenmo.histc.options
---@param max? number|tenmo.histc.options
---@return tenmo.Tensor
function Tensor:histc(bins, min, max) end

---@class tenmo.kthvalue.options
---@field axis? integer
---@field keepdim? boolean

---the k-th smallest element along an axis (k counts from 1), and its ids
---@param x tenmo.Tensor
---@param k integer
---@param axis? integer|tenmo.kthvalue.options
---@param keepdim? boolean|tenmo.kthvalue.options
---@return tenmo.Tensor
function tenmo.kthvalue(x, k, axis, keepdim) end

---the k-th smallest element along an axis (k counts from 1), and its ids
---@param k integer
---@param axis? integer|tenmo.kthvalue.options
---@param keepdim? boolean|tenmo.kthvalue.options
---@return tenmo.Tensor
function Tensor:kthvalue(k, axis, keepdim) end

---@class tenmo.median.options
---@field axis? integer
---@field keepdim? boolean

---the element in the middle of all, or along an axis with its ids; the lower of two; NaN where there is one
---@param x tenmo.Tensor
---@param axis? integer|tenmo.median.options
---@param keepdim? boolean|tenmo.median.options
---@return tenmo.Tensor
function tenmo.median(x, axis, keepdim) end

---the element in the middle of all, or along an axis with its ids; the lower of two; NaN where there is one
---@param axis? integer|tenmo.median.options
---@param keepdim? boolean|tenmo.median.options
---@return tenmo.Tensor
function Tensor:median(axis, keepdim) end

---@class tenmo.mode.options
---@field axis? integer
---@field keepdim? boolean

---the most frequent value along an axis, the smallest of several, and the id of its last element
---@param x tenmo.Tensor
---@param axis? integer|tenmo.mode.options
---@param keepdim? boolean|tenmo.mode.options
---@return tenmo.Tensor
function tenmo.mode(x, axis, keepdim) end

---the most frequent value along an axis, the smallest of several, and the id of its last element
---@param axis? integer|tenmo.mode.options
---@param keepdim? boolean|tenmo.mode.options
---@return tenmo.Tensor
function Tensor:mode(axis, keepdim) end

---the elements in order along the first axis
---@param x tenmo.Tensor
---@return tenmo.Tensor
function tenmo.msort(x) end

---the elements in order along the first axis
---@return tenmo.Tensor
function Tensor:msort() end

---@class tenmo.nanmedian.options
---@field axis? integer
---@field keepdim? boolean

---the median of what is not NaN
---@param x tenmo.Tensor
---@param axis? integer|tenmo.nanmedian.options
---@param keepdim? boolean|tenmo.nanmedian.options
---@return tenmo.Tensor
function tenmo.nanmedian(x, axis, keepdim) end

---the median of what is not NaN
---@param axis? integer|tenmo.nanmedian.options
---@param keepdim? boolean|tenmo.nanmedian.options
---@return tenmo.Tensor
function Tensor:nanmedian(axis, keepdim) end

---@class tenmo.nanquantile.options
---@field axis? integer
---@field keepdim? boolean
---@field interpolation? 'linear'|'lower'|'higher'|'midpoint'|'nearest'

---the quantile of what is not NaN; NaN where there is nothing else
---@param x tenmo.Tensor|number
---@param q tenmo.Tensor|number
---@param axis? integer|tenmo.nanquantile.options
---@param keepdim? boolean|tenmo.nanquantile.options
---@param interpolation? 'linear'|'lower'|'higher'|'midpoint'|'nearest'|tenmo.nanquantile.options
---@return tenmo.Tensor
function tenmo.nanquantile(x, q, axis, keepdim, interpolation) end

---the quantile of what is not NaN; NaN where there is nothing else
---@param q tenmo.Tensor|number
---@param axis? integer|tenmo.nanquantile.options
---@param keepdim? boolean|tenmo.nanquantile.options
---@param interpolation? 'linear'|'lower'|'higher'|'midpoint'|'nearest'|tenmo.nanquantile.options
---@return tenmo.Tensor
function Tensor:nanquantile(q, axis, keepdim, interpolation) end

---@class tenmo.quantile.options
---@field axis? integer
---@field keepdim? boolean
---@field interpolation? 'linear'|'lower'|'higher'|'midpoint'|'nearest'

---what a part q (0 .. 1) of the elements is less than, of all or along an axis; of a list of q one slice each; between two elements it has a gradient in q too
---@param x tenmo.Tensor|number
---@param q tenmo.Tensor|number
---@param axis? integer|tenmo.quantile.options
---@param keepdim? boolean|tenmo.quantile.options
---@param interpolation? 'linear'|'lower'|'higher'|'midpoint'|'nearest'|tenmo.quantile.options
---@return tenmo.Tensor
function tenmo.quantile(x, q, axis, keepdim, interpolation) end

---what a part q (0 .. 1) of the elements is less than, of all or along an axis; of a list of q one slice each; between two elements it has a gradient in q too
---@param q tenmo.Tensor|number
---@param axis? integer|tenmo.quantile.options
---@param keepdim? boolean|tenmo.quantile.options
---@param interpolation? 'linear'|'lower'|'higher'|'midpoint'|'nearest'|tenmo.quantile.options
---@return tenmo.Tensor
function Tensor:quantile(q, axis, keepdim, interpolation) end

---@class tenmo.unique.options
---@field return_inverse? boolean
---@field return_counts? boolean
---@field axis? integer
---@field sorted? boolean

---the different elements, or slices along an axis, in order, or with sorted = false as they come; on request for each element the id of its value among them, and how often each occurs
---@param x tenmo.Tensor
---@param return_inverse? boolean|tenmo.unique.options
---@param return_counts? boolean|tenmo.unique.options
---@param axis? integer|tenmo.unique.options
---@param sorted? boolean|tenmo.unique.options
---@return tenmo.Tensor
function tenmo.unique(x, return_inverse, return_counts, axis, sorted) end

---the different elements, or slices along an axis, in order, or with sorted = false as they come; on request for each element the id of its value among them, and how often each occurs
---@param return_inverse? boolean|tenmo.unique.options
---@param return_counts? boolean|tenmo.unique.options
---@param axis? integer|tenmo.unique.options
---@param sorted? boolean|tenmo.unique.options
---@return tenmo.Tensor
function Tensor:unique(return_inverse, return_counts, axis, sorted) end

---@class tenmo.unique_consecutive.options
---@field return_inverse? boolean
---@field return_counts? boolean
---@field axis? integer

---one of each run of equal elements, or of equal slices along an axis; on request for each element the id of its run, and how long each is
---@param x tenmo.Tensor
---@param return_inverse? boolean|tenmo.unique_consecutive.options
---@param return_counts? boolean|tenmo.unique_consecutive.options
---@param axis? integer|tenmo.unique_consecutive.options
---@return tenmo.Tensor
---@return tenmo.Tensor|nil
---@return tenmo.Tensor|nil
function tenmo.unique_consecutive(x, return_inverse, return_counts, axis) end

---one of each run of equal elements, or of equal slices along an axis; on request for each element the id of its run, and how long each is
---@param return_inverse? boolean|tenmo.unique_consecutive.options
---@param return_counts? boolean|tenmo.unique_consecutive.options
---@param axis? integer|tenmo.unique_consecutive.options
---@return tenmo.Tensor
---@return tenmo.Tensor|nil
---@return tenmo.Tensor|nil
function Tensor:unique_consecutive(return_inverse, return_counts, axis) end

---the means of so many windows that cover the axis; they overlap where it must be
---@param x tenmo.Tensor
---@param size integer[]
---@return tenmo.Tensor
function tenmo.adaptive_avg_pool1d(x, size) end

---the means of so many windows that cover the axis; they overlap where it must be
---@param size integer[]
---@return tenmo.Tensor
function Tensor:adaptive_avg_pool1d(size) end

---the means of so many windows that cover the last two axes; they overlap where it must be
---@param x tenmo.Tensor
---@param size integer[]
---@return tenmo.Tensor
function tenmo.adaptive_avg_pool2d(x, size) end

---the means of so many windows that cover the last two axes; they overlap where it must be
---@param size integer[]
---@return tenmo.Tensor
function Tensor:adaptive_avg_pool2d(size) end

---the means of so many windows that cover the last three axes; they overlap where it must be
---@param x tenmo.Tensor
---@param size integer[]
---@return tenmo.Tensor
function tenmo.adaptive_avg_pool3d(x, size) end

---the means of so many windows that cover the last three axes; they overlap where it must be
---@param size integer[]
---@return tenmo.Tensor
function Tensor:adaptive_avg_pool3d(size) end

---@class tenmo.adaptive_max_pool1d.options
---@field return_indices? boolean

---the largest element of each of so many windows that cover the last axis; they overlap where it must be; with return_indices = true also its id, counted through the plane
---@param x tenmo.Tensor
---@param size integer[]
---@param return_indices? boolean|tenmo.adaptive_max_pool1d.options
---@return tenmo.Tensor
---@return tenmo.Tensor|nil
function tenmo.adaptive_max_pool1d(x, size, return_indices) end

---the largest element of each of so many windows that cover the last axis; they overlap where it must be; with return_indices = true also its id, counted through the plane
---@param size integer[]
---@param return_indices? boolean|tenmo.adaptive_max_pool1d.options
---@return tenmo.Tensor
---@return tenmo.Tensor|nil
function Tensor:adaptive_max_pool1d(size, return_indices) end

---@class tenmo.adaptive_max_pool2d.options
---@field return_indices? boolean

---the largest element of each of so many windows that cover the last two axes; they overlap where it must be; with return_indices = true also its id, counted through the plane
---@param x tenmo.Tensor
---@param size integer[]
---@param return_indices? boolean|tenmo.adaptive_max_pool2d.options
---@return tenmo.Tensor
---@return tenmo.Tensor|nil
function tenmo.adaptive_max_pool2d(x, size, return_indices) end

---the largest element of each of so many windows that cover the last two axes; they overlap where it must be; with return_indices = true also its id, counted through the plane
---@param size integer[]
---@param return_indices? boolean|tenmo.adaptive_max_pool2d.options
---@return tenmo.Tensor
---@return tenmo.Tensor|nil
function Tensor:adaptive_max_pool2d(size, return_indices) end

---@class tenmo.adaptive_max_pool3d.options
---@field return_indices? boolean

---the largest element of each of so many windows that cover the last three axes; they overlap where it must be; with return_indices = true also its id, counted through the plane
---@param x tenmo.Tensor
---@param size integer[]
---@param return_indices? boolean|tenmo.adaptive_max_pool3d.options
---@return tenmo.Tensor
---@return tenmo.Tensor|nil
function tenmo.adaptive_max_pool3d(x, size, return_indices) end

---the largest element of each of so many windows that cover the last three axes; they overlap where it must be; with return_indices = true also its id, counted through the plane
---@param size integer[]
---@param return_indices? boolean|tenmo.adaptive_max_pool3d.options
---@return tenmo.Tensor
---@return tenmo.Tensor|nil
function Tensor:adaptive_max_pool3d(size, return_indices) end

---@class tenmo.avg_pool1d.options
---@field stride? integer[]
---@field padding? integer[]
---@field count_include_pad? boolean
---@field ceil_mode? boolean

---the mean of each window of this size, stride apart (its size unless given); padding counts as 0, or not at all with count_include_pad = false; with ceil_mode = true a window that is cut off counts too
---@param x tenmo.Tensor
---@param size integer[]
---@param stride? integer[]|tenmo.avg_pool1d.options
---@param padding? integer[]|tenmo.avg_pool1d.options
---@param count_include_pad? boolean|tenmo.avg_pool1d.options
---@param ceil_mode? boolean|tenmo.avg_pool1d.options
---@return tenmo.Tensor
function tenmo.avg_pool1d(x, size, stride, padding, count_include_pad, ceil_mode) end

---the mean of each window of this size, stride apart (its size unless given); padding counts as 0, or not at all with count_include_pad = false; with ceil_mode = true a window that is cut off counts too
---@param size integer[]
---@param stride? integer[]|tenmo.avg_pool1d.options
---@param padding? integer[]|tenmo.avg_pool1d.options
---@param count_include_pad? boolean|tenmo.avg_pool1d.options
---@param ceil_mode? boolean|tenmo.avg_pool1d.options
---@return tenmo.Tensor
function Tensor:avg_pool1d(size, stride, padding, count_include_pad, ceil_mode) end

---@class tenmo.avg_pool2d.options
---@field stride? integer[]
---@field padding? integer[]
---@field count_include_pad? boolean
---@field ceil_mode? boolean
---@field divisor_override? integer

---the mean of each window of this size, stride apart (its size unless given); padding counts as 0, or not at all with count_include_pad = false; with ceil_mode = true a window that is cut off counts too; divisor_override divides the sums instead
---@param x tenmo.Tensor
---@param size integer[]
---@param stride? integer[]|tenmo.avg_pool2d.options
---@param padding? integer[]|tenmo.avg_pool2d.options
---@param count_include_pad? boolean|tenmo.avg_pool2d.options
---@param ceil_mode? boolean|tenmo.avg_pool2d.options
---@param divisor_override? integer|tenmo.avg_pool2d.options
---@return tenmo.Tensor
function tenmo.avg_pool2d(x, size, stride, padding, count_include_pad, ceil_mode, divisor_override) end

---the mean of each window of this size, stride apart (its size unless given); padding counts as 0, or not at all with count_include_pad = false; with ceil_mode = true a window that is cut off counts too; divisor_override divides the sums instead
---@param size integer[]
---@param stride? integer[]|tenmo.avg_pool2d.options
---@param padding? integer[]|tenmo.avg_pool2d.options
---@param count_include_pad? boolean|tenmo.avg_pool2d.options
---@param ceil_mode? boolean|tenmo.avg_pool2d.options
---@param divisor_override? integer|tenmo.avg_pool2d.options
---@return tenmo.Tensor
function Tensor:avg_pool2d(size, stride, padding, count_include_pad, ceil_mode, divisor_override) end

---@class tenmo.avg_pool3d.options
---@field stride? integer[]
---@field padding? integer[]
---@field count_include_pad? boolean
---@field ceil_mode? boolean
---@field divisor_override? integer

---the mean of each window of this size, stride apart (its size unless given); padding counts as 0, or not at all with count_include_pad = false; with ceil_mode = true a window that is cut off counts too; divisor_override divides the sums instead
---@param x tenmo.Tensor
---@param size integer[]
---@param stride? integer[]|tenmo.avg_pool3d.options
---@param padding? integer[]|tenmo.avg_pool3d.options
---@param count_include_pad? boolean|tenmo.avg_pool3d.options
---@param ceil_mode? boolean|tenmo.avg_pool3d.options
---@param divisor_override? integer|tenmo.avg_pool3d.options
---@return tenmo.Tensor
function tenmo.avg_pool3d(x, size, stride, padding, count_include_pad, ceil_mode, divisor_override) end

---the mean of each window of this size, stride apart (its size unless given); padding counts as 0, or not at all with count_include_pad = false; with ceil_mode = true a window that is cut off counts too; divisor_override divides the sums instead
---@param size integer[]
---@param stride? integer[]|tenmo.avg_pool3d.options
---@param padding? integer[]|tenmo.avg_pool3d.options
---@param count_include_pad? boolean|tenmo.avg_pool3d.options
---@param ceil_mode? boolean|tenmo.avg_pool3d.options
---@param divisor_override? integer|tenmo.avg_pool3d.options
---@return tenmo.Tensor
function Tensor:avg_pool3d(size, stride, padding, count_include_pad, ceil_mode, divisor_override) end

---@class tenmo.lp_pool1d.options
---@field stride? integer[]
---@field ceil_mode? boolean

---the p-norm of each window
---@param x tenmo.Tensor
---@param p number
---@param size integer[]
---@param stride? integer[]|tenmo.lp_pool1d.options
---@param ceil_mode? boolean|tenmo.lp_pool1d.options
---@return tenmo.Tensor
function tenmo.lp_pool1d(x, p, size, stride, ceil_mode) end

---the p-norm of each window
---@param p number
---@param size integer[]
---@param stride? integer[]|tenmo.lp_pool1d.options
---@param ceil_mode? boolean|tenmo.lp_pool1d.options
---@return tenmo.Tensor
function Tensor:lp_pool1d(p, size, stride, ceil_mode) end

---@class tenmo.lp_pool2d.options
---@field stride? integer[]
---@field ceil_mode? boolean

---the p-norm of each window
---@param x tenmo.Tensor
---@param p number
---@param size integer[]
---@param stride? integer[]|tenmo.lp_pool2d.options
---@param ceil_mode? boolean|tenmo.lp_pool2d.options
---@return tenmo.Tensor
function tenmo.lp_pool2d(x, p, size, stride, ceil_mode) end

---the p-norm of each window
---@param p number
---@param size integer[]
---@param stride? integer[]|tenmo.lp_pool2d.options
---@param ceil_mode? boolean|tenmo.lp_pool2d.options
---@return tenmo.Tensor
function Tensor:lp_pool2d(p, size, stride, ceil_mode) end

---@class tenmo.dropout.options
---@field p? number
---@field training? boolean

---each element is 0 with probability p, and over (1 - p) otherwise; x itself with training = false
---@param x tenmo.Tensor
---@param p? number|tenmo.dropout.options
---@param training? boolean|tenmo.dropout.options
---@return tenmo.Tensor
function tenmo.dropout(x, p, training) end

---each element is 0 with probability p, and over (1 - p) otherwise; x itself with training = false
---@param p? number|tenmo.dropout.options
---@param training? boolean|tenmo.dropout.options
---@return tenmo.Tensor
function Tensor:dropout(p, training) end

---@class tenmo.dropout1d.options
---@field p? number
---@field training? boolean

---each channel of (N, C, L) or (C, L) is 0 with probability p, and over (1 - p) otherwise
---@param x tenmo.Tensor
---@param p? number|tenmo.dropout1d.options
---@param training? boolean|tenmo.dropout1d.options
---@return tenmo.Tensor
function tenmo.dropout1d(x, p, training) end

---each channel of (N, C, L) or (C, L) is 0 with probability p, and over (1 - p) otherwise
---@param p? number|tenmo.dropout1d.options
---@param training? boolean|tenmo.dropout1d.options
---@return tenmo.Tensor
function Tensor:dropout1d(p, training) end

---@class tenmo.dropout2d.options
---@field p? number
---@field training? boolean

---each channel of (N, C, H, W) or (C, H, W) is 0 with probability p, and over (1 - p) otherwise
---@param x tenmo.Tensor
---@param p? number|tenmo.dropout2d.options
---@param training? boolean|tenmo.dropout2d.options
---@return tenmo.Tensor
function tenmo.dropout2d(x, p, training) end

---each channel of (N, C, H, W) or (C, H, W) is 0 with probability p, and over (1 - p) otherwise
---@param p? number|tenmo.dropout2d.options
---@param training? boolean|tenmo.dropout2d.options
---@return tenmo.Tensor
function Tensor:dropout2d(p, training) end

---@class tenmo.glu.options
---@field axis? integer

---the first half along an axis times the sigmoid of the second
---@param x tenmo.Tensor
---@param axis? integer|tenmo.glu.options
---@return tenmo.Tensor
function tenmo.glu(x, axis) end

---the first half along an axis times the sigmoid of the second
---@param axis? integer|tenmo.glu.options
---@return tenmo.Tensor
function Tensor:glu(axis) end

---(..., C r r, H, W) becomes (..., C, H r, W r): channels become squares of r x r pixels
---@param x tenmo.Tensor
---@param factor integer
---@return tenmo.Tensor
function tenmo.pixel_shuffle(x, factor) end

---(..., C r r, H, W) becomes (..., C, H r, W r): channels become squares of r x r pixels
---@param factor integer
---@return tenmo.Tensor
function Tensor:pixel_shuffle(factor) end

---(..., C, H r, W r) becomes (..., C r r, H, W): squares of r x r pixels become channels
---@param x tenmo.Tensor
---@param factor integer
---@return tenmo.Tensor
function tenmo.pixel_unshuffle(x, factor) end

---(..., C, H r, W r) becomes (..., C r r, H, W): squares of r x r pixels become channels
---@param factor integer
---@return tenmo.Tensor
function Tensor:pixel_unshuffle(factor) end

---@class tenmo.scaled_dot_product_attention.options
---@field causal? boolean
---@field dropout? number
---@field scale? number

---the mean of values, weighed by how well each key fits a query: query (..., L, E), key (..., S, E), value (..., S, V) give (..., L, V). A bool mask says what counts, another one is added to the scores; with causal = true a query sees no key behind its own place. One that sees none gets 0
---@param query tenmo.Tensor
---@param key tenmo.Tensor
---@param value tenmo.Tensor
---@param mask? tenmo.Tensor
---@param causal? boolean|tenmo.scaled_dot_product_attention.options
---@param dropout? number|tenmo.scaled_dot_product_attention.options
---@param scale? number|tenmo.scaled_dot_product_attention.options
---@return tenmo.Tensor
function tenmo.scaled_dot_product_attention(query, key, value, mask, causal, dropout, scale) end

---a function that reads arguments by a signature as ops do, and raises what they would
---@param name string
---@param signature string
---@param numbers? boolean
---@return function
function tenmo.arguments(name, signature, numbers) end

---a function that does what step does, recorded at its first calls and replayed from then on: inputs are copied into tensors that stay, results are tensors that stay; what can not be replayed runs as always, and .reason says why
---@param step any
---@return function
function tenmo.capture(step) end

---looks for NaN in every result and gradient, slowly: the op that makes the first one is an error with its line; returns how it was
---@param on boolean
---@return boolean
function tenmo.check_nan(on) end

---f(...) without keeping what backward needs: that is computed again when backward comes
---@param f function|tenmo.Module
---@param ... any
---@return tenmo.Tensor
function tenmo.checkpoint(f, ...) end

---seconds since some fixed moment; it never jumps
---@return number
function tenmo.clock() end

---kernels run, nodes recorded, allocations and bytes since the start
---@return table<string, integer>
function tenmo.counts() end

---the checksum that zip and gzip use
---@param text any
---@return number
function tenmo.crc32(text) end

---a table of version, threads and the devices that can be used
---@return table
function tenmo.describe() end

---a line that describes the device; nil and why it can not be used
---@param device any
---@return string|nil
---@return string?
function tenmo.device_available(device) end

---@class tenmo.draw.options
---@field colour? boolean
---@field low? number
---@field high? number

---an image as text for the terminal; draw.images, .confusion, .misread, .plane draw more
---@class tenmo.draw
---@overload fun(image: any, colour?: boolean|tenmo.draw.options, low?: number|tenmo.draw.options, high?: number|tenmo.draw.options): string
local draw = {}
tenmo.draw = draw

---a script's flags by name, from its command line; --help prints what spec says
---@class tenmo.flags
---@overload fun(spec: any): table<string, any>
local flags = {}
tenmo.flags = flags

---@class tenmo.from_bytes.options
---@field dtype? tenmo.dtype
---@field offset? integer

---a tensor of the bytes of a string
---@param text any
---@param shape any
---@param dtype? tenmo.dtype|tenmo.from_bytes.options
---@param offset? integer|tenmo.from_bytes.options
---@return tenmo.Tensor
function tenmo.from_bytes(text, shape, dtype, offset) end

---@class tenmo.from_pointer.options
---@field dtype? tenmo.dtype
---@field owner? any

---a tensor of memory that ffi knows, where it lies; owner (the pointer itself, unless given) is kept meanwhile
---@param pointer any
---@param shape any
---@param dtype? tenmo.dtype|tenmo.from_pointer.options
---@param owner? any|tenmo.from_pointer.options
---@return tenmo.Tensor
function tenmo.from_pointer(pointer, shape, dtype, owner) end

---@class tenmo.grad.options
---@field create_graph? boolean
---@field retain_graph? boolean
---@field grad_outputs? tenmo.Tensor|tenmo.Tensor[]

---the gradients of outputs by inputs, as values; the .grad fields stay as they are
---@param outputs any
---@param inputs any
---@param create_graph? boolean|tenmo.grad.options
---@param retain_graph? boolean|tenmo.grad.options
---@param grad_outputs? tenmo.Tensor|tenmo.Tensor[]|tenmo.grad.options
---@return tenmo.Tensor
function tenmo.grad(outputs, inputs, create_graph, retain_graph, grad_outputs) end

---@class tenmo.ids.options
---@field device? 'cpu'|'cuda'

---an int64 tensor of a list or nested lists, as labels and positions in a vocabulary are
---@param values any
---@param device? 'cpu'|'cuda'|tenmo.ids.options
---@return tenmo.Tensor
function tenmo.ids(values, device) end

---what a deflated member of a zip holds; nil if it is damaged
---@param text any
---@param size integer
---@return string|nil
function tenmo.inflate(text, size) end

---are ops recorded for backward?
---@return boolean
function tenmo.is_recording() end

---is it a tensor?
---@param value any
---@return boolean
function tenmo.is_tensor(value) end

---starts the random numbers anew
---@param seed integer
function tenmo.manual_seed(seed) end

---@class tenmo.map_file.options
---@field dtype? tenmo.dtype
---@field offset? integer

---a tensor of the bytes of a file, read when they are first looked at; nil and a message if it has too few
---@param path string
---@param shape any
---@param dtype? tenmo.dtype|tenmo.map_file.options
---@param offset? integer|tenmo.map_file.options
---@return tenmo.Tensor|nil
---@return string?
function tenmo.map_file(path, shape, dtype, offset) end

---bytes of tensors on a device: live, cached, peak, limit; and of all: allocations, blocks, collections
---@param device? any
---@return table<string, integer>
function tenmo.memory(device) end

---calls f without recording for backward; returns what f returns
---@param f function|tenmo.Module
---@param ... any
---@return any
function tenmo.no_grad(f, ...) end

---an op written in Lua: a table of name, forward(ctx, ...) and backward(ctx, g, y), which gives a gradient for each argument; compared with differences of forward the first time, unless check = false
---@param spec any
---@return fun(...): tenmo.Tensor
function tenmo.operator(spec) end

---@class tenmo.progress.options
---@field label? string
---@field total? integer
---@field unit? string
---@field keep? boolean

---a bar for a loop: for x, y in tenmo.progress(batches) do
---@class tenmo.progress
---@overload fun(source: any, label?: string|tenmo.progress.options, total?: integer|tenmo.progress.options, unit?: string|tenmo.progress.options, keep?: boolean|tenmo.progress.options): tenmo.Bar
local progress = {}
tenmo.progress = progress

---seed and stream: where the random numbers stand
---@return integer
---@return integer
function tenmo.random_state() end

---the tensor in an IDX file, plain or .gz; nil and a message if that fails
---@param path string
---@return tenmo.Tensor|nil
---@return string?
function tenmo.read_idx(path) end

---@class tenmo.regex.options
---@field caseless? boolean
---@field multiline? boolean
---@field dotall? boolean
---@field extended? boolean
---@field ungreedy? boolean
---@field anchored? boolean
---@field bytes? boolean
---@field ascii? boolean
---@field lenient? boolean
---@field steps? integer
---@field depth? integer
---@field heap? integer

---a compiled regular expression of PCRE2; its methods are re:find, re:match, re:gsub ...
---@class tenmo.regex
---@overload fun(pattern: any, caseless?: boolean|tenmo.regex.options, multiline?: boolean|tenmo.regex.options, dotall?: boolean|tenmo.regex.options, extended?: boolean|tenmo.regex.options, ungreedy?: boolean|tenmo.regex.options, anchored?: boolean|tenmo.regex.options, bytes?: boolean|tenmo.regex.options, ascii?: boolean|tenmo.regex.options, lenient?: boolean|tenmo.regex.options, steps?: integer|tenmo.regex.options, depth?: integer|tenmo.regex.options, heap?: integer|tenmo.regex.options): tenmo.Regex
local regex = {}
tenmo.regex = regex

---empties tensors at once, without waiting for the collector; using one later is an error
---@param x tenmo.Tensor
---@param ... any
function tenmo.release(x, ...) end

---the table of ops: an array of tables with name, signature, formula, rules, doc ...
---@return table[]
function tenmo.rows() end

---calls f; the tensors that it made and did not return are emptied when it ends
---@param f function|tenmo.Module
---@param ... any
---@return any
function tenmo.scope(f, ...) end

---the bytes that tensors may take on a device; 0: what it has
---@param bytes integer
---@param device? any
function tenmo.set_memory_limit(bytes, device) end

---goes on from what random_state gave
---@param seed integer
---@param stream integer
function tenmo.set_random_state(seed, stream) end

---whether ops are recorded for backward; returns how it was
---@param on boolean
---@return boolean
function tenmo.set_recording(on) end

---how many threads compute; returns how many it became
---@param n integer
---@return integer
function tenmo.set_threads(n) end

---the id at this position of the ids 0 .. n-1 shuffled by key; nothing is stored
---@param key integer
---@param n integer
---@param position integer
---@return integer
function tenmo.shuffle(key, n, position) end

---waits until everything has run on a device, which may be behind the script; what went wrong there is raised
---@param device? any
function tenmo.synchronize(device) end

---@class tenmo.tensor.options
---@field dtype? tenmo.dtype
---@field requires_grad? boolean
---@field device? 'cpu'|'cuda'

---a tensor of a number, a list or nested lists
---@param values any
---@param dtype? tenmo.dtype|tenmo.tensor.options
---@param requires_grad? boolean|tenmo.tensor.options
---@param device? 'cpu'|'cuda'|tenmo.tensor.options
---@return tenmo.Tensor
function tenmo.tensor(values, dtype, requires_grad, device) end

---how many threads compute
---@return integer
function tenmo.threads() end

---a string of the tensor's bytes, row by row
---@param x tenmo.Tensor
---@return string
function tenmo.tobytes(x) end

---@class tenmo.word2vec_pass.options
---@field inputs? any
---@field outputs? any
---@field tokens? any
---@field starts? any
---@field noise? any
---@field keep? any
---@field from? integer
---@field to? integer
---@field lr? number

---one stretch of word2vec, in place: what tenmo.text.word2vec is made of; kernels/kernel.h says what it takes
---@param inputs? any|tenmo.word2vec_pass.options
---@param outputs? any|tenmo.word2vec_pass.options
---@param tokens? any|tenmo.word2vec_pass.options
---@param starts? any|tenmo.word2vec_pass.options
---@param noise? any|tenmo.word2vec_pass.options
---@param keep? any|tenmo.word2vec_pass.options
---@param from? integer|tenmo.word2vec_pass.options
---@param to? integer|tenmo.word2vec_pass.options
---@param lr? number|tenmo.word2vec_pass.options
function tenmo.word2vec_pass(inputs, outputs, tokens, starts, noise, keep, from, to, lr) end

---the loop is over; a for loop over the bar says so itself, a break does not
---@return tenmo.Bar
function Bar:done() end

---print above the bar
---@param ... any
---@return tenmo.Bar
function Bar:print(...) end

---numbers or words to show beside the bar
---@param values table
---@return tenmo.Bar
function Bar:show(values) end

---one more round, in a loop that is not over the bar itself
---@param values? table
---@param items? number
---@return tenmo.Bar
function Bar:step(values, items) end

---how many batches there are left
---@return integer
function Batches:left() end

---goes on from what state() gave
---@param state any
---@return tenmo.Batches
function Batches:set_state(state) end

---where an epoch stands: a plain table of seed, epoch and position
---@return table
function Batches:state() end

---a list of texts cleaned, on all threads
---@param texts any
---@return string[]
function Cleaner:all(texts) end

---@class tenmo.Cleaner.feed.options
---@field lines? boolean

---for a text in pieces: feed:add(piece) gives what is clean by now
---@param lines? boolean|tenmo.Cleaner.feed.options
---@return tenmo.Feed
function Cleaner:feed(lines) end

---@class tenmo.Cleaner.file.options
---@field lines? boolean

---cleans a file (plain, gz, bz2, xz) into another; how many bytes were written, or nil and a message
---@param from string
---@param to string
---@param lines? boolean|tenmo.Cleaner.file.options
---@return integer|nil
---@return string?
function Cleaner:file(from, to, lines) end

---@class tenmo.Cleaner.stream.options
---@field lines? boolean

---for text in clean:stream(path) do: a file cleaned as it is read
---@param path string
---@param lines? boolean|tenmo.Cleaner.stream.options
---@return fun(): string|nil
---@return string?
function Cleaner:stream(path, lines) end

---the words of a text, as a list
---@param text string
---@return string[]
function Cleaner:words(text) end

---CIFAR-10's training and test set, or nil and a message that says where its files go
---@return tenmo.Set|nil
---@return tenmo.Set
function data.cifar_10() end

---@class tenmo.data.csv.options
---@field target? string|integer
---@field task? 'classify'|'regress'
---@field header? boolean
---@field missing? 'fail'|'drop'|'mean'

---a CSV file as features and a column to predict; all:split{test = 0.2} gives two parts
---@param path string
---@param target? string|integer|tenmo.data.csv.options
---@param task? 'classify'|'regress'|tenmo.data.csv.options
---@param header? boolean|tenmo.data.csv.options
---@param missing? 'fail'|'drop'|'mean'|tenmo.data.csv.options
---@return tenmo.Table|nil
---@return string?
function data.csv(path, target, task, header, missing) end

---1,797 digits of 8 x 8 pixels that come with tenmo-lua: training and test set
---@return tenmo.Set
---@return tenmo.Set
function data.digits() end

---the path of a file in $TENMO_DATA, or nil and why not
---@param name any
---@return string|nil
---@return string?
function data.find(name) end

---@class tenmo.data.idx.options
---@field mean? number
---@field std? number
---@field about? string

---a set from two IDX files, or nil and a message
---@param images_path any
---@param labels_path any
---@param mean? number|tenmo.data.idx.options
---@param std? number|tenmo.data.idx.options
---@param about? string|tenmo.data.idx.options
---@return tenmo.Set|nil
---@return string?
function data.idx(images_path, labels_path, mean, std, about) end

---@class tenmo.data.imdb.options
---@field part? string
---@field positive? integer
---@field negative? integer
---@field from? string

---movie reviews: a table of n, texts, labels, ratings, names; or nil and a message
---@param part? string|tenmo.data.imdb.options
---@param positive? integer|tenmo.data.imdb.options
---@param negative? integer|tenmo.data.imdb.options
---@param from? string|tenmo.data.imdb.options
---@return table|nil
---@return string?
function data.imdb(part, positive, negative, from) end

---MNIST's training and test set, or the built-in digits; train.about says which
---@return tenmo.Set
---@return tenmo.Set
function data.mnist() end

---the folder with all files of a data set: $TENMO_DATA, the cache, or a download
---@param set any
---@return string|nil
---@return string?
function data.obtain(set) end

---@class tenmo.data.ragged.options
---@field labels? any
---@field pad? integer
---@field longest? integer

---lists of ids of unequal length; batches of x, labels or lengths, and a mask
---@param lists any
---@param labels? any|tenmo.data.ragged.options
---@param pad? integer|tenmo.data.ragged.options
---@param longest? integer|tenmo.data.ragged.options
---@return tenmo.Set
function data.ragged(lists, labels, pad, longest) end

---@class tenmo.data.set.options
---@field mean? number
---@field std? number
---@field about? string

---a set of images (bytes) and their class ids
---@param images any
---@param labels any
---@param mean? number|tenmo.data.set.options
---@param std? number|tenmo.data.set.options
---@param about? string|tenmo.data.set.options
---@return tenmo.Set
function data.set(images, labels, mean, std, about) end

---@class tenmo.data.windows.options
---@field length? integer
---@field step? integer

---windows over one long row of ids, the next id as target; set:batches, set:random(n)
---@param ids tenmo.Tensor
---@param length? integer|tenmo.data.windows.options
---@param step? integer|tenmo.data.windows.options
---@return tenmo.Set
function data.windows(ids, length, step) end

---@class tenmo.draw.confusion.options
---@field names? string[]

---a table of which class was taken for which, and how many were right
---@param labels any
---@param guesses any
---@param names? string[]|tenmo.draw.confusion.options
---@return string
function draw.confusion(labels, guesses, names) end

---@class tenmo.draw.images.options
---@field captions? string[]
---@field colour? boolean
---@field width? integer

---several images side by side; images is an array of tensors or a tensor (n, h, w)
---@param images any
---@param captions? string[]|tenmo.draw.images.options
---@param colour? boolean|tenmo.draw.images.options
---@param width? integer|tenmo.draw.images.options
---@return string
function draw.images(images, captions, colour, width) end

---@class tenmo.draw.misread.options
---@field most? integer
---@field names? string[]
---@field colour? boolean
---@field width? integer

---the first images whose guess is not their label, with both
---@param images any
---@param labels any
---@param guesses any
---@param most? integer|tenmo.draw.misread.options
---@param names? string[]|tenmo.draw.misread.options
---@param colour? boolean|tenmo.draw.misread.options
---@param width? integer|tenmo.draw.misread.options
---@return string
function draw.misread(images, labels, guesses, most, names, colour, width) end

---@class tenmo.draw.plane.options
---@field columns? integer
---@field rows? integer
---@field colour? boolean

---where f, which turns points (n, 2) into n values of 0 to 1, is above a half, and the points x of classes y
---@param f function|tenmo.Module
---@param x tenmo.Tensor
---@param y any
---@param columns? integer|tenmo.draw.plane.options
---@param rows? integer|tenmo.draw.plane.options
---@param colour? boolean|tenmo.draw.plane.options
---@return string
function draw.plane(f, x, y, columns, rows, colour) end

---what is clean by now of a text in pieces; nil and a message
---@param text string
---@param last? boolean
---@return string|nil
---@return string?
function Feed:add(text, last) end

---the flags in a list of arguments, or nil and what is wrong with them
---@param spec any
---@param arguments any
---@return table<string, any>|nil
---@return string?
function flags.parse(spec, arguments) end

---does what the flags seed, threads and device ask for, where values has them
---@param values any
function flags.start(values) end

---the factor by which first weights make up for what a nonlinearity takes away
---@param nonlinearity string
---@param slope? number
---@return number
function init.calculate_gain(nonlinearity, slope) end

---value everywhere
---@param x tenmo.Tensor
---@param value number
---@return tenmo.Tensor
function init.constant_(x, value) end

---@class tenmo.init.kaiming_normal_.options
---@field mode? 'fan_in'|'fan_out'
---@field nonlinearity? string
---@field a? number

---normal, variance gain^2 / fan (He et al., 2015)
---@param x tenmo.Tensor
---@param mode? 'fan_in'|'fan_out'|tenmo.init.kaiming_normal_.options
---@param nonlinearity? string|tenmo.init.kaiming_normal_.options
---@param a? number|tenmo.init.kaiming_normal_.options
---@return tenmo.Tensor
function init.kaiming_normal_(x, mode, nonlinearity, a) end

---@class tenmo.init.kaiming_uniform_.options
---@field mode? 'fan_in'|'fan_out'
---@field nonlinearity? string
---@field a? number

---uniform, variance gain^2 / fan (He et al., 2015)
---@param x tenmo.Tensor
---@param mode? 'fan_in'|'fan_out'|tenmo.init.kaiming_uniform_.options
---@param nonlinearity? string|tenmo.init.kaiming_uniform_.options
---@param a? number|tenmo.init.kaiming_uniform_.options
---@return tenmo.Tensor
function init.kaiming_uniform_(x, mode, nonlinearity, a) end

---normal with this mean and standard deviation
---@param x tenmo.Tensor
---@param mean? number
---@param deviation? number
---@return tenmo.Tensor
function init.normal_(x, mean, deviation) end

---1 everywhere
---@param x tenmo.Tensor
---@return tenmo.Tensor
function init.ones_(x) end

---uniform in [low, high)
---@param x tenmo.Tensor
---@param low? number
---@param high? number
---@return tenmo.Tensor
function init.uniform_(x, low, high) end

---normal, variance gain^2 * 2 / (fan_in + fan_out) (Glorot, Bengio, 2010)
---@param x tenmo.Tensor
---@param gain? number
---@return tenmo.Tensor
function init.xavier_normal_(x, gain) end

---uniform, the same variance as xavier_normal_
---@param x tenmo.Tensor
---@param gain? number
---@return tenmo.Tensor
function init.xavier_uniform_(x, gain) end

---0 everywhere
---@param x tenmo.Tensor
---@return tenmo.Tensor
function init.zeros_(x) end

---calls f(module) for every part and for the model itself
---@param f function|tenmo.Module
---@return self
function Module:apply(f) end

---how many numbers are trained
---@return integer
function Module:count() end

---the same as model:to('cpu')
---@return self
function Module:cpu() end

---the same as model:to('cuda')
---@return self
function Module:cuda() end

---the same as model:to('float64')
---@return self
function Module:double() end

---the same as model:train(false)
---@return self
function Module:eval() end

---a new kind of module that inherits from this class
---@param name any
---@return tenmo.Class
function Module:extend(name) end

---the same as model:to('float32')
---@return self
function Module:float() end

---what model(x) calls; a module of your own writes it
---@param x tenmo.Tensor
---@return any
function Module:forward(x) end

---nn.Module.is_module(value): is it a module?
---@return boolean
function Module:is_module() end

---reads what save wrote into the model; nil and a message if it does not fit
---@param path string
---@return any
---@return string?
function Module:load(path) end

---copies a table as state() gives it into the model
---@param state any
---@return any
function Module:load_state(state) end

---for name, module in model:named_modules() do: the parts, not the model itself
---@return fun(): string, tenmo.Module
function Module:named_modules() end

---for name, tensor in model:named_parameters() do
---@return fun(): string, tenmo.Tensor
function Module:named_parameters() end

---an array of the tensors that are trained, as optimizers take it
---@return tenmo.Tensor[]
function Module:parameters() end

---writes the model's state to a safetensors file; nil and a message if that fails
---@param path string
---@return boolean|nil
---@return string?
function Module:save(path) end

---a table from name to tensor: what makes up a trained model
---@return table<string, tenmo.Tensor>
function Module:state() end

---moves every tensor to a device, in place: an optimizer of its parameters goes on there; or puts the floating ones into another dtype, before an optimizer is made
---@param target any
---@return self
function Module:to(target) end

---the model and its parts are being trained, or not
---@param on? boolean
---@return self
function Module:train(on) end

---forgets the gradients
---@return self
function Module:zero_grad() end

---the means of so many windows
---@param size integer[]
---@return tenmo.Module
function nn.AdaptiveAvgPool1d(size) end

---the means of so many windows
---@param size integer[]
---@return tenmo.Module
function nn.AdaptiveAvgPool2d(size) end

---the means of so many windows
---@param size integer[]
---@return tenmo.Module
function nn.AdaptiveAvgPool3d(size) end

---@class tenmo.nn.AdaptiveMaxPool1d.options
---@field return_indices? boolean

---the largest elements of so many windows
---@param size integer[]
---@param return_indices? boolean|tenmo.nn.AdaptiveMaxPool1d.options
---@return tenmo.Module
function nn.AdaptiveMaxPool1d(size, return_indices) end

---@class tenmo.nn.AdaptiveMaxPool2d.options
---@field return_indices? boolean

---the largest elements of so many windows
---@param size integer[]
---@param return_indices? boolean|tenmo.nn.AdaptiveMaxPool2d.options
---@return tenmo.Module
function nn.AdaptiveMaxPool2d(size, return_indices) end

---@class tenmo.nn.AdaptiveMaxPool3d.options
---@field return_indices? boolean

---the largest elements of so many windows
---@param size integer[]
---@param return_indices? boolean|tenmo.nn.AdaptiveMaxPool3d.options
---@return tenmo.Module
function nn.AdaptiveMaxPool3d(size, return_indices) end

---@class tenmo.nn.AvgPool1d.options
---@field padding? integer[]
---@field ceil_mode? boolean
---@field count_include_pad? boolean

---the mean of each window
---@param size integer[]
---@param stride? integer[]
---@param padding? integer[]|tenmo.nn.AvgPool1d.options
---@param ceil_mode? boolean|tenmo.nn.AvgPool1d.options
---@param count_include_pad? boolean|tenmo.nn.AvgPool1d.options
---@return tenmo.Module
function nn.AvgPool1d(size, stride, padding, ceil_mode, count_include_pad) end

---@class tenmo.nn.AvgPool2d.options
---@field padding? integer[]
---@field ceil_mode? boolean
---@field count_include_pad? boolean

---the mean of each window
---@param size integer[]
---@param stride? integer[]
---@param padding? integer[]|tenmo.nn.AvgPool2d.options
---@param ceil_mode? boolean|tenmo.nn.AvgPool2d.options
---@param count_include_pad? boolean|tenmo.nn.AvgPool2d.options
---@return tenmo.Module
function nn.AvgPool2d(size, stride, padding, ceil_mode, count_include_pad) end

---@class tenmo.nn.AvgPool3d.options
---@field padding? integer[]
---@field ceil_mode? boolean
---@field count_include_pad? boolean

---the mean of each window
---@param size integer[]
---@param stride? integer[]
---@param padding? integer[]|tenmo.nn.AvgPool3d.options
---@param ceil_mode? boolean|tenmo.nn.AvgPool3d.options
---@param count_include_pad? boolean|tenmo.nn.AvgPool3d.options
---@return tenmo.Module
function nn.AvgPool3d(size, stride, padding, ceil_mode, count_include_pad) end

---@class tenmo.nn.BCELoss.options
---@field weight? any
---@field reduction? 'mean'|'sum'|'none'

---binary cross-entropy of probabilities, as a module
---@param weight? any|tenmo.nn.BCELoss.options
---@param reduction? 'mean'|'sum'|'none'|tenmo.nn.BCELoss.options
---@return tenmo.Module
function nn.BCELoss(weight, reduction) end

---@class tenmo.nn.BCEWithLogitsLoss.options
---@field weight? any
---@field pos_weight? any
---@field reduction? 'mean'|'sum'|'none'

---binary cross-entropy of sigmoid(x), as a module
---@param weight? any|tenmo.nn.BCEWithLogitsLoss.options
---@param pos_weight? any|tenmo.nn.BCEWithLogitsLoss.options
---@param reduction? 'mean'|'sum'|'none'|tenmo.nn.BCEWithLogitsLoss.options
---@return tenmo.Module
function nn.BCEWithLogitsLoss(weight, pos_weight, reduction) end

---@class tenmo.nn.BatchNorm1d.options
---@field eps? number
---@field momentum? number
---@field affine? boolean
---@field bias? boolean
---@field dtype? tenmo.dtype

---each channel of (N, C) or (N, C, L) at mean 0 and variance 1: those of the batch while it is trained, running ones after model:eval()
---@param channels integer
---@param eps? number|tenmo.nn.BatchNorm1d.options
---@param momentum? number|tenmo.nn.BatchNorm1d.options
---@param affine? boolean|tenmo.nn.BatchNorm1d.options
---@param bias? boolean|tenmo.nn.BatchNorm1d.options
---@param dtype? tenmo.dtype|tenmo.nn.BatchNorm1d.options
---@return tenmo.Module
function nn.BatchNorm1d(channels, eps, momentum, affine, bias, dtype) end

---@class tenmo.nn.BatchNorm2d.options
---@field eps? number
---@field momentum? number
---@field affine? boolean
---@field bias? boolean
---@field dtype? tenmo.dtype

---the same for (N, C, H, W)
---@param channels integer
---@param eps? number|tenmo.nn.BatchNorm2d.options
---@param momentum? number|tenmo.nn.BatchNorm2d.options
---@param affine? boolean|tenmo.nn.BatchNorm2d.options
---@param bias? boolean|tenmo.nn.BatchNorm2d.options
---@param dtype? tenmo.dtype|tenmo.nn.BatchNorm2d.options
---@return tenmo.Module
function nn.BatchNorm2d(channels, eps, momentum, affine, bias, dtype) end

---@class tenmo.nn.BatchNorm3d.options
---@field eps? number
---@field momentum? number
---@field affine? boolean
---@field bias? boolean
---@field dtype? tenmo.dtype

---the same for (N, C, D, H, W)
---@param channels integer
---@param eps? number|tenmo.nn.BatchNorm3d.options
---@param momentum? number|tenmo.nn.BatchNorm3d.options
---@param affine? boolean|tenmo.nn.BatchNorm3d.options
---@param bias? boolean|tenmo.nn.BatchNorm3d.options
---@param dtype? tenmo.dtype|tenmo.nn.BatchNorm3d.options
---@return tenmo.Module
function nn.BatchNorm3d(channels, eps, momentum, affine, bias, dtype) end

---@class tenmo.nn.CELU.options
---@field alpha? number

---x above 0, alpha * (exp(x / alpha) - 1) below
---@param alpha? number|tenmo.nn.CELU.options
---@return tenmo.Module
function nn.CELU(alpha) end

---borders taken from the other side: so much before and behind of the last axis, the last axis first
---@param sizes integer[]
---@return tenmo.Module
function nn.CircularPad1d(sizes) end

---borders taken from the other side: so much before and behind of the last two axes, the last axis first
---@param sizes integer[]
---@return tenmo.Module
function nn.CircularPad2d(sizes) end

---borders taken from the other side: so much before and behind of the last three axes, the last axis first
---@param sizes integer[]
---@return tenmo.Module
function nn.CircularPad3d(sizes) end

---borders of value: so much before and behind of the last axis, the last axis first
---@param sizes integer[]
---@param value? number
---@return tenmo.Module
function nn.ConstantPad1d(sizes, value) end

---borders of value: so much before and behind of the last two axes, the last axis first
---@param sizes integer[]
---@param value? number
---@return tenmo.Module
function nn.ConstantPad2d(sizes, value) end

---borders of value: so much before and behind of the last three axes, the last axis first
---@param sizes integer[]
---@param value? number
---@return tenmo.Module
function nn.ConstantPad3d(sizes, value) end

---@class tenmo.nn.Conv1d.options
---@field stride? integer[]
---@field padding? integer[]|'same'|'valid'
---@field dilation? integer[]
---@field groups? integer
---@field bias? boolean
---@field init? string
---@field dtype? tenmo.dtype

---conv1d with weights of its own; padding = 'same' keeps the length
---@param inputs integer
---@param outputs integer
---@param size integer[]
---@param stride? integer[]|tenmo.nn.Conv1d.options
---@param padding? integer[]|'same'|'valid'|tenmo.nn.Conv1d.options
---@param dilation? integer[]|tenmo.nn.Conv1d.options
---@param groups? integer|tenmo.nn.Conv1d.options
---@param bias? boolean|tenmo.nn.Conv1d.options
---@param init? string|tenmo.nn.Conv1d.options
---@param dtype? tenmo.dtype|tenmo.nn.Conv1d.options
---@return tenmo.Module
function nn.Conv1d(inputs, outputs, size, stride, padding, dilation, groups, bias, init, dtype) end

---@class tenmo.nn.Conv2d.options
---@field stride? integer[]
---@field padding? integer[]|'same'|'valid'
---@field dilation? integer[]
---@field groups? integer
---@field bias? boolean
---@field init? string
---@field dtype? tenmo.dtype

---conv2d with weights of its own; padding = 'same' keeps rows and columns
---@param inputs integer
---@param outputs integer
---@param size integer[]
---@param stride? integer[]|tenmo.nn.Conv2d.options
---@param padding? integer[]|'same'|'valid'|tenmo.nn.Conv2d.options
---@param dilation? integer[]|tenmo.nn.Conv2d.options
---@param groups? integer|tenmo.nn.Conv2d.options
---@param bias? boolean|tenmo.nn.Conv2d.options
---@param init? string|tenmo.nn.Conv2d.options
---@param dtype? tenmo.dtype|tenmo.nn.Conv2d.options
---@return tenmo.Module
function nn.Conv2d(inputs, outputs, size, stride, padding, dilation, groups, bias, init, dtype) end

---@class tenmo.nn.Conv3d.options
---@field stride? integer[]
---@field padding? integer[]|'same'|'valid'
---@field dilation? integer[]
---@field groups? integer
---@field bias? boolean
---@field init? string
---@field dtype? tenmo.dtype

---conv3d with weights of its own
---@param inputs integer
---@param outputs integer
---@param size integer[]
---@param stride? integer[]|tenmo.nn.Conv3d.options
---@param padding? integer[]|'same'|'valid'|tenmo.nn.Conv3d.options
---@param dilation? integer[]|tenmo.nn.Conv3d.options
---@param groups? integer|tenmo.nn.Conv3d.options
---@param bias? boolean|tenmo.nn.Conv3d.options
---@param init? string|tenmo.nn.Conv3d.options
---@param dtype? tenmo.dtype|tenmo.nn.Conv3d.options
---@return tenmo.Module
function nn.Conv3d(inputs, outputs, size, stride, padding, dilation, groups, bias, init, dtype) end

---@class tenmo.nn.ConvTranspose1d.options
---@field stride? integer[]
---@field padding? integer[]
---@field output_padding? integer[]
---@field dilation? integer[]
---@field groups? integer
---@field bias? boolean
---@field init? string
---@field dtype? tenmo.dtype

---conv_transpose1d with weights of its own
---@param inputs integer
---@param outputs integer
---@param size integer[]
---@param stride? integer[]|tenmo.nn.ConvTranspose1d.options
---@param padding? integer[]|tenmo.nn.ConvTranspose1d.options
---@param output_padding? integer[]|tenmo.nn.ConvTranspose1d.options
---@param dilation? integer[]|tenmo.nn.ConvTranspose1d.options
---@param groups? integer|tenmo.nn.ConvTranspose1d.options
---@param bias? boolean|tenmo.nn.ConvTranspose1d.options
---@param init? string|tenmo.nn.ConvTranspose1d.options
---@param dtype? tenmo.dtype|tenmo.nn.ConvTranspose1d.options
---@return tenmo.Module
function nn.ConvTranspose1d(inputs, outputs, size, stride, padding, output_padding, dilation, groups, bias, init, dtype) end

---@class tenmo.nn.ConvTranspose2d.options
---@field stride? integer[]
---@field padding? integer[]
---@field output_padding? integer[]
---@field dilation? integer[]
---@field groups? integer
---@field bias? boolean
---@field init? string
---@field dtype? tenmo.dtype

---conv_transpose2d with weights of its own
---@param inputs integer
---@param outputs integer
---@param size integer[]
---@param stride? integer[]|tenmo.nn.ConvTranspose2d.options
---@param padding? integer[]|tenmo.nn.ConvTranspose2d.options
---@param output_padding? integer[]|tenmo.nn.ConvTranspose2d.options
---@param dilation? integer[]|tenmo.nn.ConvTranspose2d.options
---@param groups? integer|tenmo.nn.ConvTranspose2d.options
---@param bias? boolean|tenmo.nn.ConvTranspose2d.options
---@param init? string|tenmo.nn.ConvTranspose2d.options
---@param dtype? tenmo.dtype|tenmo.nn.ConvTranspose2d.options
---@return tenmo.Module
function nn.ConvTranspose2d(inputs, outputs, size, stride, padding, output_padding, dilation, groups, bias, init, dtype) end

---@class tenmo.nn.ConvTranspose3d.options
---@field stride? integer[]
---@field padding? integer[]
---@field output_padding? integer[]
---@field dilation? integer[]
---@field groups? integer
---@field bias? boolean
---@field init? string
---@field dtype? tenmo.dtype

---conv_transpose3d with weights of its own
---@param inputs integer
---@param outputs integer
---@param size integer[]
---@param stride? integer[]|tenmo.nn.ConvTranspose3d.options
---@param padding? integer[]|tenmo.nn.ConvTranspose3d.options
---@param output_padding? integer[]|tenmo.nn.ConvTranspose3d.options
---@param dilation? integer[]|tenmo.nn.ConvTranspose3d.options
---@param groups? integer|tenmo.nn.ConvTranspose3d.options
---@param bias? boolean|tenmo.nn.ConvTranspose3d.options
---@param init? string|tenmo.nn.ConvTranspose3d.options
---@param dtype? tenmo.dtype|tenmo.nn.ConvTranspose3d.options
---@return tenmo.Module
function nn.ConvTranspose3d(inputs, outputs, size, stride, padding, output_padding, dilation, groups, bias, init, dtype) end

---@class tenmo.nn.CosineEmbeddingLoss.options
---@field margin? number
---@field reduction? 'mean'|'sum'|'none'

---cosine_embedding_loss, as a module: loss(x1, x2, target)
---@param margin? number|tenmo.nn.CosineEmbeddingLoss.options
---@param reduction? 'mean'|'sum'|'none'|tenmo.nn.CosineEmbeddingLoss.options
---@return tenmo.Module
function nn.CosineEmbeddingLoss(margin, reduction) end

---@class tenmo.nn.CosineSimilarity.options
---@field axis? integer
---@field eps? number

---cosine_similarity, as a module
---@param axis? integer|tenmo.nn.CosineSimilarity.options
---@param eps? number|tenmo.nn.CosineSimilarity.options
---@return tenmo.Module
function nn.CosineSimilarity(axis, eps) end

---@class tenmo.nn.CrossEntropyLoss.options
---@field weight? any
---@field ignore_index? integer
---@field label_smoothing? number
---@field reduction? 'mean'|'sum'|'none'

---cross_entropy, as a module
---@param weight? any|tenmo.nn.CrossEntropyLoss.options
---@param ignore_index? integer|tenmo.nn.CrossEntropyLoss.options
---@param label_smoothing? number|tenmo.nn.CrossEntropyLoss.options
---@param reduction? 'mean'|'sum'|'none'|tenmo.nn.CrossEntropyLoss.options
---@return tenmo.Module
function nn.CrossEntropyLoss(weight, ignore_index, label_smoothing, reduction) end

---each element is 0 with probability p, and over (1 - p) otherwise, while it is trained; nothing after model:eval()
---@param p? number
---@return tenmo.Module
function nn.Dropout(p) end

---the same for whole channels of (N, C, L)
---@param p? number
---@return tenmo.Module
function nn.Dropout1d(p) end

---the same for whole channels of (N, C, H, W)
---@param p? number
---@return tenmo.Module
function nn.Dropout2d(p) end

---@class tenmo.nn.ELU.options
---@field alpha? number

---x above 0, alpha * (exp(x) - 1) below
---@param alpha? number|tenmo.nn.ELU.options
---@return tenmo.Module
function nn.ELU(alpha) end

---@class tenmo.nn.Embedding.options
---@field padding_idx? integer
---@field sparse? boolean
---@field dtype? tenmo.dtype

---a row of its table for each id, which count from 0; the row padding_idx stays 0; sparse: see x:grad_rows
---@param words integer
---@param width integer
---@param padding_idx? integer|tenmo.nn.Embedding.options
---@param sparse? boolean|tenmo.nn.Embedding.options
---@param dtype? tenmo.dtype|tenmo.nn.Embedding.options
---@return tenmo.Module
function nn.Embedding(words, width, padding_idx, sparse, dtype) end

---@class tenmo.nn.EmbeddingBag.options
---@field mode? 'mean'|'sum'|'max'
---@field sparse? boolean
---@field dtype? tenmo.dtype

---the mean, sum or maximum of the rows of each bag of ids: layer(ids, offsets, weights)
---@param words integer
---@param width integer
---@param mode? 'mean'|'sum'|'max'|tenmo.nn.EmbeddingBag.options
---@param sparse? boolean|tenmo.nn.EmbeddingBag.options
---@param dtype? tenmo.dtype|tenmo.nn.EmbeddingBag.options
---@return tenmo.Module
function nn.EmbeddingBag(words, width, mode, sparse, dtype) end

---@class tenmo.nn.Flatten.options
---@field first? integer
---@field last? integer

---(n, ...) becomes (n, width)
---@param first? integer|tenmo.nn.Flatten.options
---@param last? integer|tenmo.nn.Flatten.options
---@return tenmo.Module
function nn.Flatten(first, last) end

---@class tenmo.nn.Fold.options
---@field dilation? integer[]
---@field padding? integer[]
---@field stride? integer[]

---columns added up to an image of this size: col2im
---@param output integer[]
---@param size integer[]
---@param dilation? integer[]|tenmo.nn.Fold.options
---@param padding? integer[]|tenmo.nn.Fold.options
---@param stride? integer[]|tenmo.nn.Fold.options
---@return tenmo.Module
function nn.Fold(output, size, dilation, padding, stride) end

---@class tenmo.nn.GELU.options
---@field approximate? 'none'|'tanh'

---x times the chance that a normal number is below x
---@param approximate? 'none'|'tanh'|tenmo.nn.GELU.options
---@return tenmo.Module
function nn.GELU(approximate) end

---@class tenmo.nn.GLU.options
---@field axis? integer

---the first half along an axis times the sigmoid of the second
---@param axis? integer|tenmo.nn.GLU.options
---@return tenmo.Module
function nn.GLU(axis) end

---@class tenmo.nn.GaussianNLLLoss.options
---@field full? boolean
---@field eps? number
---@field reduction? 'mean'|'sum'|'none'

---gaussian_nll_loss, as a module: loss(x, target, var)
---@param full? boolean|tenmo.nn.GaussianNLLLoss.options
---@param eps? number|tenmo.nn.GaussianNLLLoss.options
---@param reduction? 'mean'|'sum'|'none'|tenmo.nn.GaussianNLLLoss.options
---@return tenmo.Module
function nn.GaussianNLLLoss(full, eps, reduction) end

---@class tenmo.nn.GroupNorm.options
---@field eps? number
---@field affine? boolean
---@field bias? boolean
---@field dtype? tenmo.dtype

---each group of channels of each sample at mean 0 and variance 1
---@param groups integer
---@param channels integer
---@param eps? number|tenmo.nn.GroupNorm.options
---@param affine? boolean|tenmo.nn.GroupNorm.options
---@param bias? boolean|tenmo.nn.GroupNorm.options
---@param dtype? tenmo.dtype|tenmo.nn.GroupNorm.options
---@return tenmo.Module
function nn.GroupNorm(groups, channels, eps, affine, bias, dtype) end

---@class tenmo.nn.Hardshrink.options
---@field lambd? number

---x, but 0 within lambd of 0
---@param lambd? number|tenmo.nn.Hardshrink.options
---@return tenmo.Module
function nn.Hardshrink(lambd) end

---relu6(x + 3) / 6
---@return tenmo.Module
function nn.Hardsigmoid() end

---x * relu6(x + 3) / 6
---@return tenmo.Module
function nn.Hardswish() end

---@class tenmo.nn.Hardtanh.options
---@field min_val? number
---@field max_val? number

---x limited to min_val .. max_val
---@param min_val? number|tenmo.nn.Hardtanh.options
---@param max_val? number|tenmo.nn.Hardtanh.options
---@return tenmo.Module
function nn.Hardtanh(min_val, max_val) end

---@class tenmo.nn.HingeEmbeddingLoss.options
---@field margin? number
---@field reduction? 'mean'|'sum'|'none'

---hinge_embedding_loss, as a module
---@param margin? number|tenmo.nn.HingeEmbeddingLoss.options
---@param reduction? 'mean'|'sum'|'none'|tenmo.nn.HingeEmbeddingLoss.options
---@return tenmo.Module
function nn.HingeEmbeddingLoss(margin, reduction) end

---@class tenmo.nn.HuberLoss.options
---@field delta? number
---@field reduction? 'mean'|'sum'|'none'

---huber_loss, as a module
---@param delta? number|tenmo.nn.HuberLoss.options
---@param reduction? 'mean'|'sum'|'none'|tenmo.nn.HuberLoss.options
---@return tenmo.Module
function nn.HuberLoss(delta, reduction) end

---x itself
---@return tenmo.Module
function nn.Identity() end

---@class tenmo.nn.InstanceNorm1d.options
---@field eps? number
---@field affine? boolean
---@field bias? boolean
---@field dtype? tenmo.dtype

---each channel of each sample of (N, C, L) at mean 0 and variance 1
---@param channels integer
---@param eps? number|tenmo.nn.InstanceNorm1d.options
---@param affine? boolean|tenmo.nn.InstanceNorm1d.options
---@param bias? boolean|tenmo.nn.InstanceNorm1d.options
---@param dtype? tenmo.dtype|tenmo.nn.InstanceNorm1d.options
---@return tenmo.Module
function nn.InstanceNorm1d(channels, eps, affine, bias, dtype) end

---@class tenmo.nn.InstanceNorm2d.options
---@field eps? number
---@field affine? boolean
---@field bias? boolean
---@field dtype? tenmo.dtype

---each channel of each sample of (N, C, H, W) at mean 0 and variance 1
---@param channels integer
---@param eps? number|tenmo.nn.InstanceNorm2d.options
---@param affine? boolean|tenmo.nn.InstanceNorm2d.options
---@param bias? boolean|tenmo.nn.InstanceNorm2d.options
---@param dtype? tenmo.dtype|tenmo.nn.InstanceNorm2d.options
---@return tenmo.Module
function nn.InstanceNorm2d(channels, eps, affine, bias, dtype) end

---@class tenmo.nn.KLDivLoss.options
---@field log_target? boolean
---@field reduction? 'mean'|'sum'|'none'|'batchmean'

---kl_div, as a module
---@param log_target? boolean|tenmo.nn.KLDivLoss.options
---@param reduction? 'mean'|'sum'|'none'|'batchmean'|tenmo.nn.KLDivLoss.options
---@return tenmo.Module
function nn.KLDivLoss(log_target, reduction) end

---@class tenmo.nn.L1Loss.options
---@field reduction? 'mean'|'sum'|'none'

---the mean absolute error, as a module
---@param reduction? 'mean'|'sum'|'none'|tenmo.nn.L1Loss.options
---@return tenmo.Module
function nn.L1Loss(reduction) end

---@class tenmo.nn.LPPool1d.options
---@field ceil_mode? boolean

---the p-norm of each window
---@param p number
---@param size integer[]
---@param stride? integer[]
---@param ceil_mode? boolean|tenmo.nn.LPPool1d.options
---@return tenmo.Module
function nn.LPPool1d(p, size, stride, ceil_mode) end

---@class tenmo.nn.LPPool2d.options
---@field ceil_mode? boolean

---the p-norm of each window
---@param p number
---@param size integer[]
---@param stride? integer[]
---@param ceil_mode? boolean|tenmo.nn.LPPool2d.options
---@return tenmo.Module
function nn.LPPool2d(p, size, stride, ceil_mode) end

---@class tenmo.nn.LayerNorm.options
---@field eps? number
---@field affine? boolean
---@field bias? boolean
---@field dtype? tenmo.dtype

---the last axes, of this size, at mean 0 and variance 1
---@param size integer[]
---@param eps? number|tenmo.nn.LayerNorm.options
---@param affine? boolean|tenmo.nn.LayerNorm.options
---@param bias? boolean|tenmo.nn.LayerNorm.options
---@param dtype? tenmo.dtype|tenmo.nn.LayerNorm.options
---@return tenmo.Module
function nn.LayerNorm(size, eps, affine, bias, dtype) end

---@class tenmo.nn.LeakyReLU.options
---@field negative_slope? number

---x above 0, negative_slope * x below
---@param negative_slope? number|tenmo.nn.LeakyReLU.options
---@return tenmo.Module
function nn.LeakyReLU(negative_slope) end

---@class tenmo.nn.Linear.options
---@field bias? boolean
---@field init? string
---@field dtype? tenmo.dtype

---x times weight transposed plus bias; weight is (outputs, inputs)
---@param inputs integer
---@param outputs integer
---@param bias? boolean|tenmo.nn.Linear.options
---@param init? string|tenmo.nn.Linear.options
---@param dtype? tenmo.dtype|tenmo.nn.Linear.options
---@return tenmo.Module
function nn.Linear(inputs, outputs, bias, init, dtype) end

---@class tenmo.nn.LocalResponseNorm.options
---@field alpha? number
---@field beta? number
---@field k? number

---each channel over a power of the squares of its neighbours
---@param size integer
---@param alpha? number|tenmo.nn.LocalResponseNorm.options
---@param beta? number|tenmo.nn.LocalResponseNorm.options
---@param k? number|tenmo.nn.LocalResponseNorm.options
---@return tenmo.Module
function nn.LocalResponseNorm(size, alpha, beta, k) end

---log(sigmoid(x))
---@return tenmo.Module
function nn.LogSigmoid() end

---@class tenmo.nn.LogSoftmax.options
---@field axis? integer

---log(softmax(x)) along an axis
---@param axis? integer|tenmo.nn.LogSoftmax.options
---@return tenmo.Module
function nn.LogSoftmax(axis) end

---@class tenmo.nn.MSELoss.options
---@field reduction? 'mean'|'sum'|'none'

---the mean squared error, as a module
---@param reduction? 'mean'|'sum'|'none'|tenmo.nn.MSELoss.options
---@return tenmo.Module
function nn.MSELoss(reduction) end

---@class tenmo.nn.MarginRankingLoss.options
---@field margin? number
---@field reduction? 'mean'|'sum'|'none'

---margin_ranking_loss, as a module: loss(x1, x2, target)
---@param margin? number|tenmo.nn.MarginRankingLoss.options
---@param reduction? 'mean'|'sum'|'none'|tenmo.nn.MarginRankingLoss.options
---@return tenmo.Module
function nn.MarginRankingLoss(margin, reduction) end

---@class tenmo.nn.MaxPool1d.options
---@field padding? integer[]
---@field ceil_mode? boolean
---@field dilation? integer[]
---@field return_indices? boolean

---the largest element of each window
---@param size integer[]
---@param stride? integer[]
---@param padding? integer[]|tenmo.nn.MaxPool1d.options
---@param ceil_mode? boolean|tenmo.nn.MaxPool1d.options
---@param dilation? integer[]|tenmo.nn.MaxPool1d.options
---@param return_indices? boolean|tenmo.nn.MaxPool1d.options
---@return tenmo.Module
function nn.MaxPool1d(size, stride, padding, ceil_mode, dilation, return_indices) end

---@class tenmo.nn.MaxPool2d.options
---@field padding? integer[]
---@field ceil_mode? boolean
---@field dilation? integer[]
---@field return_indices? boolean

---the largest element of each window
---@param size integer[]
---@param stride? integer[]
---@param padding? integer[]|tenmo.nn.MaxPool2d.options
---@param ceil_mode? boolean|tenmo.nn.MaxPool2d.options
---@param dilation? integer[]|tenmo.nn.MaxPool2d.options
---@param return_indices? boolean|tenmo.nn.MaxPool2d.options
---@return tenmo.Module
function nn.MaxPool2d(size, stride, padding, ceil_mode, dilation, return_indices) end

---@class tenmo.nn.MaxPool3d.options
---@field padding? integer[]
---@field ceil_mode? boolean
---@field dilation? integer[]
---@field return_indices? boolean

---the largest element of each window
---@param size integer[]
---@param stride? integer[]
---@param padding? integer[]|tenmo.nn.MaxPool3d.options
---@param ceil_mode? boolean|tenmo.nn.MaxPool3d.options
---@param dilation? integer[]|tenmo.nn.MaxPool3d.options
---@param return_indices? boolean|tenmo.nn.MaxPool3d.options
---@return tenmo.Module
function nn.MaxPool3d(size, stride, padding, ceil_mode, dilation, return_indices) end

---x * tanh(softplus(x))
---@return tenmo.Module
function nn.Mish() end

---@class tenmo.nn.MultiMarginLoss.options
---@field p? number
---@field margin? number
---@field weight? any
---@field reduction? 'mean'|'sum'|'none'

---multi_margin_loss, as a module
---@param p? number|tenmo.nn.MultiMarginLoss.options
---@param margin? number|tenmo.nn.MultiMarginLoss.options
---@param weight? any|tenmo.nn.MultiMarginLoss.options
---@param reduction? 'mean'|'sum'|'none'|tenmo.nn.MultiMarginLoss.options
---@return tenmo.Module
function nn.MultiMarginLoss(p, margin, weight, reduction) end

---@class tenmo.nn.NLLLoss.options
---@field weight? any
---@field ignore_index? integer
---@field reduction? 'mean'|'sum'|'none'

---nll_loss, as a module
---@param weight? any|tenmo.nn.NLLLoss.options
---@param ignore_index? integer|tenmo.nn.NLLLoss.options
---@param reduction? 'mean'|'sum'|'none'|tenmo.nn.NLLLoss.options
---@return tenmo.Module
function nn.NLLLoss(weight, ignore_index, reduction) end

---@class tenmo.nn.PReLU.options
---@field channels? integer
---@field init? number
---@field dtype? tenmo.dtype

---x above 0, weight * x below; the weights, one or one for each channel, are trained
---@param channels? integer|tenmo.nn.PReLU.options
---@param init? number|tenmo.nn.PReLU.options
---@param dtype? tenmo.dtype|tenmo.nn.PReLU.options
---@return tenmo.Module
function nn.PReLU(channels, init, dtype) end

---@class tenmo.nn.PairwiseDistance.options
---@field p? number
---@field eps? number
---@field keepdim? boolean

---pairwise_distance, as a module
---@param p? number|tenmo.nn.PairwiseDistance.options
---@param eps? number|tenmo.nn.PairwiseDistance.options
---@param keepdim? boolean|tenmo.nn.PairwiseDistance.options
---@return tenmo.Module
function nn.PairwiseDistance(p, eps, keepdim) end

---(N, C r r, H, W) becomes (N, C, H r, W r)
---@param factor integer
---@return tenmo.Module
function nn.PixelShuffle(factor) end

---(N, C, H r, W r) becomes (N, C r r, H, W)
---@param factor integer
---@return tenmo.Module
function nn.PixelUnshuffle(factor) end

---@class tenmo.nn.PoissonNLLLoss.options
---@field log_input? boolean
---@field full? boolean
---@field eps? number
---@field reduction? 'mean'|'sum'|'none'

---poisson_nll_loss, as a module
---@param log_input? boolean|tenmo.nn.PoissonNLLLoss.options
---@param full? boolean|tenmo.nn.PoissonNLLLoss.options
---@param eps? number|tenmo.nn.PoissonNLLLoss.options
---@param reduction? 'mean'|'sum'|'none'|tenmo.nn.PoissonNLLLoss.options
---@return tenmo.Module
function nn.PoissonNLLLoss(log_input, full, eps, reduction) end

---@class tenmo.nn.RMSNorm.options
---@field eps? number
---@field affine? boolean
---@field dtype? tenmo.dtype

---x over the root of the mean of its squares, over the last axes, which have this size
---@param size integer[]
---@param eps? number|tenmo.nn.RMSNorm.options
---@param affine? boolean|tenmo.nn.RMSNorm.options
---@param dtype? tenmo.dtype|tenmo.nn.RMSNorm.options
---@return tenmo.Module
function nn.RMSNorm(size, eps, affine, dtype) end

---max(x, 0)
---@return tenmo.Module
function nn.ReLU() end

---x limited to 0 .. 6
---@return tenmo.Module
function nn.ReLU6() end

---borders that mirror x: so much before and behind of the last axis, the last axis first
---@param sizes integer[]
---@return tenmo.Module
function nn.ReflectionPad1d(sizes) end

---borders that mirror x: so much before and behind of the last two axes, the last axis first
---@param sizes integer[]
---@return tenmo.Module
function nn.ReflectionPad2d(sizes) end

---borders that mirror x: so much before and behind of the last three axes, the last axis first
---@param sizes integer[]
---@return tenmo.Module
function nn.ReflectionPad3d(sizes) end

---borders that repeat the outermost elements: so much before and behind of the last axis, the last axis first
---@param sizes integer[]
---@return tenmo.Module
function nn.ReplicationPad1d(sizes) end

---borders that repeat the outermost elements: so much before and behind of the last two axes, the last axis first
---@param sizes integer[]
---@return tenmo.Module
function nn.ReplicationPad2d(sizes) end

---borders that repeat the outermost elements: so much before and behind of the last three axes, the last axis first
---@param sizes integer[]
---@return tenmo.Module
function nn.ReplicationPad3d(sizes) end

---elu scaled so that mean 0 and variance 1 stay from layer to layer
---@return tenmo.Module
function nn.SELU() end

---layers one after another; model[1] is the first
---@param ... any
---@return tenmo.Module
function nn.Sequential(...) end

---x * sigmoid(x)
---@return tenmo.Module
function nn.SiLU() end

---1 / (1 + exp(-x))
---@return tenmo.Module
function nn.Sigmoid() end

---@class tenmo.nn.SmoothL1Loss.options
---@field beta? number
---@field reduction? 'mean'|'sum'|'none'

---smooth_l1_loss, as a module
---@param beta? number|tenmo.nn.SmoothL1Loss.options
---@param reduction? 'mean'|'sum'|'none'|tenmo.nn.SmoothL1Loss.options
---@return tenmo.Module
function nn.SmoothL1Loss(beta, reduction) end

---@class tenmo.nn.SoftMarginLoss.options
---@field reduction? 'mean'|'sum'|'none'

---soft_margin_loss, as a module
---@param reduction? 'mean'|'sum'|'none'|tenmo.nn.SoftMarginLoss.options
---@return tenmo.Module
function nn.SoftMarginLoss(reduction) end

---@class tenmo.nn.Softmax.options
---@field axis? integer

---exp(x) / sum(exp(x)) along an axis
---@param axis? integer|tenmo.nn.Softmax.options
---@return tenmo.Module
function nn.Softmax(axis) end

---softmax over the channels of each pixel of (N, C, H, W)
---@return tenmo.Module
function nn.Softmax2d() end

---@class tenmo.nn.Softmin.options
---@field axis? integer

---softmax(-x)
---@param axis? integer|tenmo.nn.Softmin.options
---@return tenmo.Module
function nn.Softmin(axis) end

---@class tenmo.nn.Softplus.options
---@field beta? number
---@field threshold? number

---log(1 + exp(beta x)) / beta
---@param beta? number|tenmo.nn.Softplus.options
---@param threshold? number|tenmo.nn.Softplus.options
---@return tenmo.Module
function nn.Softplus(beta, threshold) end

---@class tenmo.nn.Softshrink.options
---@field lambd? number

---x moved by lambd towards 0
---@param lambd? number|tenmo.nn.Softshrink.options
---@return tenmo.Module
function nn.Softshrink(lambd) end

---x / (1 + |x|)
---@return tenmo.Module
function nn.Softsign() end

---the hyperbolic tangent
---@return tenmo.Module
function nn.Tanh() end

---x - tanh(x)
---@return tenmo.Module
function nn.Tanhshrink() end

---@class tenmo.nn.Threshold.options
---@field threshold? number
---@field value? number

---x above threshold, else value
---@param threshold? number|tenmo.nn.Threshold.options
---@param value? number|tenmo.nn.Threshold.options
---@return tenmo.Module
function nn.Threshold(threshold, value) end

---@class tenmo.nn.TripletMarginLoss.options
---@field margin? number
---@field p? number
---@field eps? number
---@field swap? boolean
---@field reduction? 'mean'|'sum'|'none'

---triplet_margin_loss, as a module: loss(anchor, positive, negative)
---@param margin? number|tenmo.nn.TripletMarginLoss.options
---@param p? number|tenmo.nn.TripletMarginLoss.options
---@param eps? number|tenmo.nn.TripletMarginLoss.options
---@param swap? boolean|tenmo.nn.TripletMarginLoss.options
---@param reduction? 'mean'|'sum'|'none'|tenmo.nn.TripletMarginLoss.options
---@return tenmo.Module
function nn.TripletMarginLoss(margin, p, eps, swap, reduction) end

---an axis split into several
---@param axis integer
---@param sizes integer[]
---@return tenmo.Module
function nn.Unflatten(axis, sizes) end

---@class tenmo.nn.Unfold.options
---@field dilation? integer[]
---@field padding? integer[]

---every window as a column: im2col
---@param size integer[]
---@param stride? integer[]
---@param dilation? integer[]|tenmo.nn.Unfold.options
---@param padding? integer[]|tenmo.nn.Unfold.options
---@return tenmo.Module
function nn.Unfold(size, stride, dilation, padding) end

---@class tenmo.nn.Upsample.options
---@field scale_factor? number
---@field mode? 'nearest'|'nearest-exact'|'linear'|'bilinear'|'trilinear'|'bicubic'|'area'
---@field align_corners? boolean

---all axes but the first two resized, as interpolate does
---@param size? integer[]
---@param scale_factor? number|tenmo.nn.Upsample.options
---@param mode? 'nearest'|'nearest-exact'|'linear'|'bilinear'|'trilinear'|'bicubic'|'area'|tenmo.nn.Upsample.options
---@param align_corners? boolean|tenmo.nn.Upsample.options
---@return tenmo.Module
function nn.Upsample(size, scale_factor, mode, align_corners) end

---@class tenmo.nn.UpsamplingBilinear2d.options
---@field scale_factor? number

---an image resized by lines between neighbours, its corners as they are
---@param size? integer[]
---@param scale_factor? number|tenmo.nn.UpsamplingBilinear2d.options
---@return tenmo.Module
function nn.UpsamplingBilinear2d(size, scale_factor) end

---@class tenmo.nn.UpsamplingNearest2d.options
---@field scale_factor? number

---an image resized by the nearest element
---@param size? integer[]
---@param scale_factor? number|tenmo.nn.UpsamplingNearest2d.options
---@return tenmo.Module
function nn.UpsamplingNearest2d(size, scale_factor) end

---borders of 0: so much before and behind of the last axis, the last axis first
---@param sizes integer[]
---@return tenmo.Module
function nn.ZeroPad1d(sizes) end

---borders of 0: so much before and behind of the last two axes, the last axis first
---@param sizes integer[]
---@return tenmo.Module
function nn.ZeroPad2d(sizes) end

---borders of 0: so much before and behind of the last three axes, the last axis first
---@param sizes integer[]
---@return tenmo.Module
function nn.ZeroPad3d(sizes) end

---a new kind of module; give it init and forward
---@param name any
---@param parent? any
---@return tenmo.Class
function nn.class(name, parent) end

---@class tenmo.nn.clip_grad_norm_.options
---@field norm_type? number

---scales all gradients by one factor, so that their norm together is at most max_norm; returns the norm before
---@param parameters any
---@param max_norm number
---@param norm_type? number|tenmo.nn.clip_grad_norm_.options
---@return tenmo.Tensor
function nn.clip_grad_norm_(parameters, max_norm, norm_type) end

---keeps every element of every gradient in -limit .. limit
---@param parameters any
---@param limit number
function nn.clip_grad_value_(parameters, limit) end

---the tensor in a .npy file, whose bytes are read when they are needed; nil and a message
---@param path string
---@return tenmo.Tensor|nil
---@return string?
function npy.map(path) end

---writes a tensor to a .npy file, whole or not at all; true, or nil and a message
---@param path string
---@param x tenmo.Tensor
---@return boolean|nil
---@return string?
function npy.save(path, x) end

---a .npy file of one axis that grows: file:add(ids), file:close()
---@param path string
---@param dtype? tenmo.dtype
---@return table|nil
---@return string?
function npy.writer(path, dtype) end

---@class tenmo.npz.load.options
---@field map? boolean

---the tensor in NumPy's .npy file, or those in a .npz by name; nil and a message if that fails. With map the bytes stay in the file until they are looked at
---@param path string
---@param map? boolean|tenmo.npz.load.options
---@return tenmo.Tensor|table|nil
---@return string?
function npz.load(path, map) end

---writes a tensor as .npy, or a table of tensors by name as .npz; nil and a message if that fails
---@param path string
---@param what any
---@return boolean|nil
---@return string?
function npz.save(path, what) end

---@class tenmo.optim.Adam.options
---@field lr? number
---@field beta1? number
---@field beta2? number
---@field eps? number
---@field weight_decay? number

---Adam (Kingma, Ba, 2015)
---@param parameters any
---@param lr? number|tenmo.optim.Adam.options
---@param beta1? number|tenmo.optim.Adam.options
---@param beta2? number|tenmo.optim.Adam.options
---@param eps? number|tenmo.optim.Adam.options
---@param weight_decay? number|tenmo.optim.Adam.options
---@return tenmo.Optimizer
function optim.Adam(parameters, lr, beta1, beta2, eps, weight_decay) end

---@class tenmo.optim.AdamW.options
---@field lr? number
---@field beta1? number
---@field beta2? number
---@field eps? number
---@field weight_decay? number

---Adam with decoupled weight decay (Loshchilov, Hutter, 2019)
---@param parameters any
---@param lr? number|tenmo.optim.AdamW.options
---@param beta1? number|tenmo.optim.AdamW.options
---@param beta2? number|tenmo.optim.AdamW.options
---@param eps? number|tenmo.optim.AdamW.options
---@param weight_decay? number|tenmo.optim.AdamW.options
---@return tenmo.Optimizer
function optim.AdamW(parameters, lr, beta1, beta2, eps, weight_decay) end

---@class tenmo.optim.SGD.options
---@field lr? number
---@field momentum? number
---@field weight_decay? number
---@field nesterov? boolean

---stochastic gradient descent
---@param parameters any
---@param lr? number|tenmo.optim.SGD.options
---@param momentum? number|tenmo.optim.SGD.options
---@param weight_decay? number|tenmo.optim.SGD.options
---@param nesterov? boolean|tenmo.optim.SGD.options
---@return tenmo.Optimizer
function optim.SGD(parameters, lr, momentum, weight_decay, nesterov) end

---parameter i
---@param i integer
---@return tenmo.Tensor
function Optimizer:param(i) end

---takes what state(i) gave
---@param i integer
---@param state any
function Optimizer:set_state(i, state) end

---what the optimizer keeps for parameter i
---@param i integer
---@return table
function Optimizer:state(i) end

---moves every parameter that has a gradient; optimizer.lr may be set before
function Optimizer:step() end

---a list of the parameters that the last step skipped, for want of a gradient
---@return integer[]
function Optimizer:unmoved() end

---did the last step move parameter i?
---@param i integer
---@return boolean
function Optimizer:updated(i) end

---forgets the gradients
function Optimizer:zero_grad() end

---a table of the groups of the first match, by number (0: all of it) and name
---@param text string
---@param init? integer
---@return table|nil
function Regex:captures(text, init) end

---where the first match begins and ends, and its groups, or nil
---@param text string
---@param init? integer
---@return integer|nil
---@return integer?
---@return any
function Regex:find(text, init) end

---for a, b in re:gmatch(text) do: the groups of each match, or all of it
---@param text string
---@return fun(): string, any
function Regex:gmatch(text) end

---the text with its matches replaced, and how many: by a string with %1 and %{name}, a table, a function
---@param text string
---@param replacement any
---@param most? integer
---@return string
---@return integer
function Regex:gsub(text, replacement, most) end

---a table of pattern, groups (how many), names and jit (is it compiled to machine code?)
---@return table
function Regex:info() end

---the groups of the first match, or all of it where there are none, or nil
---@param text string
---@param init? integer
---@return any
function Regex:match(text, init) end

---a list of the pieces between the matches
---@param text string
---@return string[]
function Regex:split(text) end

---the text as a pattern that matches it and nothing else
---@param text string
---@return string
function regex.escape(text) end

---the tensors of a file by name, and its metadata; or nil and a message
---@param path string
---@return table<string, tenmo.Tensor>|nil
---@return any
function safetensors.load(path) end

---writes tensors by name to a file; true, or nil and a message
---@param path string
---@param state any
---@param metadata? any
---@return boolean|nil
---@return string?
function safetensors.save(path, state, metadata) end

---@class tenmo.Set.batches.options
---@field batch? integer
---@field shuffle? boolean
---@field seed? integer
---@field epoch? integer
---@field position? integer
---@field keep? boolean

---for x, y in set:batches{batch = 64} do; with keep = false a batch is gone when the next one comes
---@param batch? integer|tenmo.Set.batches.options
---@param shuffle? boolean|tenmo.Set.batches.options
---@param seed? integer|tenmo.Set.batches.options
---@param epoch? integer|tenmo.Set.batches.options
---@param position? integer|tenmo.Set.batches.options
---@param keep? boolean|tenmo.Set.batches.options
---@return tenmo.Batches
function Set:batches(batch, shuffle, seed, epoch, position, keep) end

---the set of those images whose ids these are
---@param ids tenmo.Tensor
---@return tenmo.Set
function Set:pick(ids) end

---x and y of the rows with these ids; what batches gives a part at a time
---@param ids tenmo.Tensor
---@return tenmo.Tensor
---@return tenmo.Tensor
function Set:rows(ids) end

---the same set with its bytes on another device; batches are gathered there
---@param device any
---@return tenmo.Set
function Set:to(device) end

---how many numbers one image has
---@return integer
function Set:width() end

---the page, as a string
---@return string
function Story:html() end

---writes the page; true, or nil and a message
---@param path string
---@return boolean|nil
---@return string?
function Story:save(path) end

---@class tenmo.Table.split.options
---@field test? number
---@field seed? integer

---two parts of the rows, drawn at random: to train and to test; x is standardised by the first
---@param test? number|tenmo.Table.split.options
---@param seed? integer|tenmo.Table.split.options
---@return tenmo.Set
---@return tenmo.Set
function Table:split(test, seed) end

---@class tenmo.text.archive.options
---@field longest? integer

---for name, contents, size in tenmo.text.archive(path) do: a tar, perhaps compressed; contents() gives a text
---@param path string
---@param longest? integer|tenmo.text.archive.options
---@return fun(): string, function|nil
---@return string?
function text.archive(path, longest) end

---@class tenmo.text.bpe.options
---@field merges? integer
---@field min_freq? integer
---@field pattern? string
---@field specials? table

---byte-pair encoding learned from texts: the most frequent pair of neighbours becomes a token, again and again
---@param texts any
---@param merges? integer|tenmo.text.bpe.options
---@param min_freq? integer|tenmo.text.bpe.options
---@param pattern? string|tenmo.text.bpe.options
---@param specials? table|tenmo.text.bpe.options
---@return tenmo.Tokenizer
function text.bpe(texts, merges, min_freq, pattern, specials) end

---@class tenmo.text.bytes.options
---@field specials? table

---the id of a byte is its value
---@param specials? table|tenmo.text.bytes.options
---@return tenmo.Tokenizer
function text.bytes(specials) end

---@class tenmo.text.characters.options
---@field min_freq? integer
---@field unknown? string
---@field specials? table

---the characters of texts; one that was not there is an error, or the id of unknown
---@param texts any
---@param min_freq? integer|tenmo.text.characters.options
---@param unknown? string|tenmo.text.characters.options
---@param specials? table|tenmo.text.characters.options
---@return tenmo.Tokenizer
function text.characters(texts, min_freq, unknown, specials) end

---cleans texts by steps given as data, or by the rules 'words' or 'letters': clean(text), clean:all(texts) ...
---@param spec? any
---@return tenmo.Cleaner
function text.cleaner(spec) end

---GPT-2's tokenizer from encoder.json and vocab.bpe in a folder ($TENMO_DATA/gpt2), or nil and a message
---@param folder? any
---@return tenmo.Tokenizer|nil
---@return string?
function text.gpt2(folder) end

---@class tenmo.text.lines.options
---@field longest? integer

---for line in tenmo.text.lines(path) do: of a file, plain, gz, bz2 or xz; nil and a message
---@param path string
---@param longest? integer|tenmo.text.lines.options
---@return fun(): string|nil
---@return string?
function text.lines(path, longest) end

---the same in plain Lua, gradients by hand: plain_word2vec.new(texts, options)
---@return table
function text.plain_word2vec() end

---the text with U+FFFD for what isn't UTF-8, and how many there are
---@param text string
---@return string
---@return integer
function text.repair(text) end

---the tokenizer in a file that save wrote, or in a tokenizer.json; nil and a message if that fails
---@param path string
---@return tenmo.Tokenizer|nil
---@return string?
function text.tokenizer(path) end

---nil, or the position of the first byte that isn't UTF-8
---@param text string
---@return integer|nil
function text.valid(text) end

---word vectors to be asked; vectors.load(path) reads the files of word2vec
---@param table any
---@param vocab any
---@return tenmo.Vectors
function text.vectors(table, vocab) end

---@class tenmo.text.word2vec.options
---@field model? 'cbow'|'skip_gram'
---@field dim? integer
---@field window? integer
---@field negative? integer
---@field sample? number
---@field min_freq? integer
---@field lr? number
---@field epochs? integer
---@field deterministic? boolean
---@field seed? integer

---word vectors learned from cleaned texts, in the engine; .new(texts, options) only makes the model
---@param texts any
---@param model? 'cbow'|'skip_gram'|tenmo.text.word2vec.options
---@param dim? integer|tenmo.text.word2vec.options
---@param window? integer|tenmo.text.word2vec.options
---@param negative? integer|tenmo.text.word2vec.options
---@param sample? number|tenmo.text.word2vec.options
---@param min_freq? integer|tenmo.text.word2vec.options
---@param lr? number|tenmo.text.word2vec.options
---@param epochs? integer|tenmo.text.word2vec.options
---@param deterministic? boolean|tenmo.text.word2vec.options
---@param seed? integer|tenmo.text.word2vec.options
---@return table
function text.word2vec(texts, model, dim, window, negative, sample, min_freq, lr, epochs, deterministic, seed) end

---@class tenmo.text.wordpiece.options
---@field lowercase? boolean
---@field strip_accents? boolean
---@field unknown? string
---@field specials? table

---BERT's tokenizer, from a list of its tokens or a file with one a line; nil and a message if that fails
---@param tokens any
---@param lowercase? boolean|tenmo.text.wordpiece.options
---@param strip_accents? boolean|tenmo.text.wordpiece.options
---@param unknown? string|tenmo.text.wordpiece.options
---@param specials? table|tenmo.text.wordpiece.options
---@return tenmo.Tokenizer|nil
---@return string?
function text.wordpiece(tokens, lowercase, strip_accents, unknown, specials) end

---@class tenmo.text.words.options
---@field min_freq? integer
---@field max_size? integer
---@field ngrams? integer
---@field stop? table
---@field order? string
---@field unknown? string
---@field specials? table

---a vocabulary of the words of texts, which white space divides; id 0 is UNKNOWN
---@param texts any
---@param min_freq? integer|tenmo.text.words.options
---@param max_size? integer|tenmo.text.words.options
---@param ngrams? integer|tenmo.text.words.options
---@param stop? table|tenmo.text.words.options
---@param order? string|tenmo.text.words.options
---@param unknown? string|tenmo.text.words.options
---@param specials? table|tenmo.text.words.options
---@return tenmo.Tokenizer
function text.words(texts, min_freq, max_size, ngrams, stop, order, unknown, specials) end

---how often the word with this id came
---@param id integer
---@return integer
function Tokenizer:count(id) end

---how often each word came, by id
---@return tenmo.Tensor
function Tokenizer:counts() end

---@class tenmo.Tokenizer.decode.options
---@field specials? boolean

---the text of ids, from a tensor or a table
---@param ids tenmo.Tensor
---@param specials? boolean|tenmo.Tokenizer.decode.options
---@return string
function Tokenizer:decode(ids, specials) end

---@class tenmo.Tokenizer.encode.options
---@field table? boolean
---@field specials? any
---@field skip_unknown? boolean
---@field add_special_tokens? boolean
---@field max_length? integer

---the ids of a text, a tensor or a table; special tokens count only where specials is true or lists them
---@param text any
---@param table? boolean|tenmo.Tokenizer.encode.options
---@param specials? any|tenmo.Tokenizer.encode.options
---@param skip_unknown? boolean|tenmo.Tokenizer.encode.options
---@param add_special_tokens? boolean|tenmo.Tokenizer.encode.options
---@param max_length? integer|tenmo.Tokenizer.encode.options
---@return tenmo.Tensor
function Tokenizer:encode(text, table, specials, skip_unknown, add_special_tokens, max_length) end

---@class tenmo.Tokenizer.encode_batch.options
---@field table? boolean
---@field specials? any
---@field skip_unknown? boolean
---@field add_special_tokens? boolean
---@field max_length? integer
---@field pad? any

---many texts on all threads: ids and where each text begins; with pad, ids (texts, longest) and a mask
---@param texts any
---@param table? boolean|tenmo.Tokenizer.encode_batch.options
---@param specials? any|tenmo.Tokenizer.encode_batch.options
---@param skip_unknown? boolean|tenmo.Tokenizer.encode_batch.options
---@param add_special_tokens? boolean|tenmo.Tokenizer.encode_batch.options
---@param max_length? integer|tenmo.Tokenizer.encode_batch.options
---@param pad? any|tenmo.Tokenizer.encode_batch.options
---@return tenmo.Tensor
---@return tenmo.Tensor
function Tokenizer:encode_batch(texts, table, specials, skip_unknown, add_special_tokens, max_length, pad) end

---the id of a word, or nil
---@param word string
---@return integer|nil
function Tokenizer:id(word) end

---writes a file that text.tokenizer reads; nil and a message if that fails
---@param path string
---@return boolean|nil
---@return string?
function Tokenizer:save(path) end

---how many ids there are; so is #tokenizer
---@return integer
function Tokenizer:size() end

---the ids of special tokens by name
---@return table<string, integer>
function Tokenizer:specials() end

---the word with this id
---@param id integer
---@return string
function Tokenizer:word(id) end

---Spearman's correlation of the cosines with { word, word, score } triples, and how many are known
---@param triples table
---@return number
---@return integer
function Vectors:agreement(triples) end

---@class tenmo.Vectors.analogy.options
---@field n? integer

---a is to b as c is to these words
---@param a string
---@param b string
---@param c string
---@param n? integer|tenmo.Vectors.analogy.options
---@return table[]
function Vectors:analogy(a, b, c, n) end

---@class tenmo.Vectors.picture.options
---@field method? 'pca'|'tsne'
---@field png? string
---@field width? integer
---@field height? integer

---words in the plane, as text, and as a PNG
---@param words? string[]
---@param method? 'pca'|'tsne'|tenmo.Vectors.picture.options
---@param png? string|tenmo.Vectors.picture.options
---@param width? integer|tenmo.Vectors.picture.options
---@param height? integer|tenmo.Vectors.picture.options
---@return string|nil
---@return string?
function Vectors:picture(words, method, png, width, height) end

---@class tenmo.Vectors.save.options
---@field binary? boolean

---writes word2vec's format, which vectors.load reads; nil and a message if that fails
---@param path string
---@param binary? boolean|tenmo.Vectors.save.options
---@return tenmo.Vectors|nil
---@return string?
function Vectors:save(path, binary) end

---@class tenmo.Vectors.similar.options
---@field n? integer
---@field metric? 'cosine'|'euclid'

---the words nearest to a word, with scores; not the word itself, no special tokens, no words with "_"
---@param word string
---@param n? integer|tenmo.Vectors.similar.options
---@param metric? 'cosine'|'euclid'|tenmo.Vectors.similar.options
---@return table[]
function Vectors:similar(word, n, metric) end

---the cosine of the angle between two words
---@param a string
---@param b string
---@return number
function Vectors:similarity(a, b) end

---the vector of a word
---@param word string
---@return tenmo.Tensor
function Vectors:vector(word) end

---the row of this id, which counts from 0
---@param id integer
---@return tenmo.Tensor
function Tensor:at(id) end

---@class tenmo.Tensor.backward.options
---@field retain_graph? boolean
---@field create_graph? boolean

---puts the gradient of x by every leaf that requires one into its .grad, adding to what is there
---@param seed? any
---@param retain_graph? boolean|tenmo.Tensor.backward.options
---@param create_graph? boolean|tenmo.Tensor.backward.options
function Tensor:backward(seed, retain_graph, create_graph) end

---in bfloat16: as float16, with the range of float32 and about 2 digits
---@return tenmo.Tensor
function Tensor:bfloat16() end

---true where it is not 0
---@return tenmo.Tensor
function Tensor:bool() end

---in uint8
---@return tenmo.Tensor
function Tensor:byte() end

---a copy; gradients flow through it
---@return tenmo.Tensor
function Tensor:clone() end

---with its elements in order: x itself or a copy
---@return tenmo.Tensor
function Tensor:contiguous() end

---the same as x:to('cpu')
---@return tenmo.Tensor
function Tensor:cpu() end

---the same as x:to('cuda')
---@return tenmo.Tensor
function Tensor:cuda() end

---the same bytes, of which backward knows nothing
---@return tenmo.Tensor
function Tensor:detach() end

---how many axes it has
---@return integer
function Tensor:dim() end

---in float64
---@return tenmo.Tensor
function Tensor:double() end

---writes value everywhere
---@param value number
---@return tenmo.Tensor
function Tensor:fill_(value) end

---in float32
---@return tenmo.Tensor
function Tensor:float() end

---ids and rows: the gradient that embedding or embedding_bag with sparse = true left, if it is kept so; optimizers touch only these rows
---@return tenmo.Tensor|nil
---@return tenmo.Tensor
function Tensor:grad_rows() end

---in float16: half the memory, about 3 digits; ops on it compute in float32
---@return tenmo.Tensor
function Tensor:half() end

---in int32
---@return tenmo.Tensor
function Tensor:int() end

---do its elements lie in order, without gaps?
---@return boolean
function Tensor:is_contiguous() end

---was it made by hand, and not by a recorded op?
---@return boolean
function Tensor:is_leaf() end

---its one element as a Lua number; item('int64') gives an int64 cdata
---@param dtype? 'int64'
---@return any
function Tensor:item(dtype) end

---in int64
---@return tenmo.Tensor
function Tensor:long() end

---how many elements it has
---@return integer
function Tensor:numel() end

---where in the storage its first element lies, in elements
---@return integer
function Tensor:offset() end

---f(g) is called whenever the gradient of x is known and may return another one; returns a function that takes the hook away
---@param f function|tenmo.Module
---@return fun(): boolean
function Tensor:register_hook(f) end

---sets requires_grad and returns x
---@param on? boolean
---@return tenmo.Tensor
function Tensor:requires_grad_(on) end

---backward leaves a gradient here too, though x is the result of an op
function Tensor:retain_grad() end

---do both look at the same bytes?
---@param other tenmo.Tensor
---@return boolean
function Tensor:same_storage(other) end

---its size along an axis, or all sizes
---@param axis? integer
---@return integer
function Tensor:size(axis) end

---how many elements apart neighbours along an axis lie in memory, or all strides
---@param axis? integer
---@return integer
function Tensor:stride(axis) end

---the nodes behind x in the order of backward: tables of node, op, shape, line, inputs, what is kept
---@return table[]
function Tensor:tape() end

---@class tenmo.Tensor.to.options
---@field detach? boolean

---in another dtype, on another device, or both; x itself where nothing changes; gradients come back, but with detach
---@param target any
---@param target2? any
---@param detach? boolean|tenmo.Tensor.to.options
---@return tenmo.Tensor
function Tensor:to(target, target2, detach) end

---moves x's own bytes, and its gradient's, to another device; x is a leaf, and stays the same tensor
---@param device any
---@return tenmo.Tensor
function Tensor:to_(device) end

---a string of the tensor's bytes, row by row
---@return string
function Tensor:tobytes() end

---its elements as nested Lua tables
---@return any
function Tensor:totable() end

---how often its storage was written in place
---@return integer
function Tensor:version() end

---writes 0 everywhere
---@return tenmo.Tensor
function Tensor:zero_() end

return tenmo
