-- profile.lua: where the time of a training step goes, kernel by kernel, beside what this machine can do.
--
--     tenmo-lua profile.lua                                  a step of mnist.lua, on random images
--     tenmo-lua profile.lua --model mnist_conv --batch 128 --steps 100
--     tenmo-lua profile.lua --script circle.lua              a whole script, called with the words in --arguments
--
-- A product's rate is GFLOP/s, against multiply-adds without memory; the others' is GB/s of elements touched, against
-- a * x + y over 12 MB, which a cache may hold: what stays in the first cache can be above 100 %.
local tenmo = require 'tenmo'
local here = arg[0]:match '^(.*/)' or './'
local models, timing = dofile(here .. 'models.lua'), dofile(here .. 'timing.lua')

local flags = tenmo.flags {
    'profile.lua: microseconds of each kernel, and its share of what the machine can do.',
    { 'threads', 1, 'threads to compute with' },
    { 'steps', 2000, 'steps to measure' },
    { 'batch', 64, 'images in a step' },
    { 'model', 'mnist', 'whose step: mnist or mnist_conv' },
    { 'rows', 30, 'lines to print' },
    { 'script', '', 'a script to run instead' },
    { 'arguments', '', 'the words that it is called with' },
}
tenmo.set_threads(flags.threads)

local function whole_script()
    local run, words = assert(loadfile(flags.script)), { [-1] = arg[-1], [0] = flags.script }
    for word in flags.arguments:gmatch '%S+' do
        words[#words + 1] = word
    end
    rawset(_G, 'arg', words)
    return function() run(unpack(words)) end
end

local steps = flags.script == '' and flags.steps or 1
local model = assert(models[flags.model], 'profile.lua: --model is mnist or mnist_conv')
local step = flags.script == '' and model(flags.batch) or whole_script()
local limits = { timing.limits(flags.threads, 'peak'), timing.limits(flags.threads, 'bandwidth 12000000') }
local gflops, gbs = limits[1].fma_gflops[0], limits[2].bw_triad[12000000]

local function run(profiled)
    tenmo.debug.profile(profiled)
    local started, collecting = tenmo.clock(), tenmo.debug.collector().seconds
    for _ = 1, steps do
        step()
    end
    local took, collected = tenmo.clock() - started, tenmo.debug.collector().seconds - collecting
    tenmo.debug.profile(false)
    return took * 1e9, collected * 1e9
end

local bare = 0
if steps > 1 then
    step()
    bare = run(false)
end
local wall, collected = run(true)
local kernels, lost = tenmo.debug.profiled()
table.sort(kernels, function(a, b) return a.ns > b.ns end)

local inside, calls = lost, 0
print(('%d threads; peak %.0f GFLOP/s, %.0f GB/s'):format(flags.threads, gflops, gbs))
print('| kernel | shape | calls a step | us a call | us a step | share | rate | of the peak |')
print('|---|---|---|---|---|---|---|---|')
for i, k in ipairs(kernels) do
    inside, calls = inside + k.ns, calls + k.calls
    local product = k.flops > 0
    local rate = (product and k.flops or k.bytes) * k.calls / k.ns
    if i <= flags.rows then
        print(('| %s %d | %s%s | %g | %.2f | %.2f | %.1f %% | %.1f %s | %.0f %% |'):format(k.op, k.part,
            table.concat(k.shape, ' x '), k.reduced > 0 and (', %d reduced'):format(k.reduced) or '', k.calls / steps,
            k.ns / k.calls / 1e3, k.ns / steps / 1e3, 100 * k.ns / wall, rate, product and 'GFLOP/s' or 'GB/s',
            100 * rate / (product and gflops or gbs)))
    end
end
print(('%.1f us a step: kernels %.1f, all else %.1f (the collector %.1f; two looks at the clock a kernel, %g kernels)')
    :format(wall / steps / 1e3, inside / steps / 1e3, (wall - inside) / steps / 1e3, collected / steps / 1e3,
        calls / steps))
if bare > 0 then
    print(('%.1f us a step without the profile'):format(bare / steps / 1e3))
end
