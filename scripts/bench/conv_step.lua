-- conv_step.lua: the time of a training step of mnist_conv.lua, on random images. mnist_conv.sh runs it beside PyTorch.
--
--     tenmo-lua conv_step.lua --threads 2
local tenmo = require 'tenmo'
local here = arg[0]:match '^(.*/)' or './'
local models, timing = dofile(here .. 'models.lua'), dofile(here .. 'timing.lua')

local flags = tenmo.flags {
    'conv_step.lua: seconds of an epoch of mnist_conv.lua, as so many steps let expect.',
    { 'threads', 2, 'threads to compute with' },
    { 'batch', 128, 'images in a step' },
    { 'steps', 50, 'steps that are timed together' },
    { 'repeats', 5, 'how often' },
}
tenmo.set_threads(flags.threads)

local step, times = models.mnist_conv(flags.batch), {}
for _ = 1, 5 do
    step()
end
for i = 1, flags.repeats do
    local started = tenmo.clock()
    for _ = 1, flags.steps do
        step()
    end
    times[i] = (tenmo.clock() - started) / flags.steps
end
local median = timing.median(times)
print(('tenmo-lua threads %d: s/epoch median %.4f, ms/step %.2f (%.2f to %.2f)'):format(
    flags.threads, median * 60000 / flags.batch, median * 1e3, times[1] * 1e3, times[#times] * 1e3))
