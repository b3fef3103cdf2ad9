-- cuda_spec.lua: the emulated CUDA device catches what a kernel or its caller does wrong, and lets pass what is right.
-- c/planted_faults.cpp has one program for each fault; c/compare_devices.cpp holds its kernels to the CPU's.

local program = require 'spec.support.program'

local folder = program.path() and program.path():match '^(.*/)' .. 'spec/'
local faults = folder and folder .. 'c/planted_faults'

local function run(fault, seed)
    return program.run { fault, program = faults, env = 'TENMO_CUDA_SEED=' .. (seed or 1) }
end

-- What is planted, and the message that it has to end with. Seeds are odd where memory is guarded behind a block, even
-- where it is guarded before one.
local planted = {
    {
        'reads_behind',
        1,
        'kernel reads_behind, block %(%d, 0, 0%), thread %(%d+, 0, 0%): '
            .. 'reads %d+ bytes behind the end of a block of 1024 bytes',
    },
    {
        'writes_before',
        2,
        'kernel writes_before, block %(%d, 0, 0%), thread %(%d+, 0, 0%): writes 4 bytes before a block of 1024 bytes',
    },
    { 'writes_before', 1, 'kernel writes_before: somebody wrote before a block of 1024 bytes' },
    {
        'barrier_missing',
        1,
        'thread %(%d+, 0, 0%): a barrier is missing: %a+ element %d+ of shared array \'part\', which thread %d+ %a+ '
            .. 'since the last one',
    },
    { 'second_barrier_missing', 1, 'a barrier is missing: %a+ element %d+ of shared array \'part\'' },
    {
        'barrier_skipped',
        1,
        'waits at a barrier that not all threads reach %(.*planted_faults%.cpp:%d+%): thread 5 has ended',
    },
    { 'barriers_differ', 1, 'threads meet at different barriers: thread 0 at .*cpp:%d+, thread 32 at .*cpp:%d+' },
    { 'shuffle_skipped', 1, 'waits at a shuffle that not all threads reach .*: thread 7 has ended' },
    { 'mask_partial', 1, 'a shuffle with mask 0000ffff; only the full mask is allowed' },
    { 'shared_unset', 1, 'thread %(9, 0, 0%): reads element 9 of shared array \'part\', which nobody has written' },
    { 'shared_too_far', 1, 'element 64 of shared array \'part\', which has 64' },
    { 'host_reads', 1, 'host code reads device memory: byte 12 of a block of 1024 bytes; only kernels and copies may' },
    { 'host_writes', 1, 'host code writes device memory: byte 0 of a block of 1024 bytes' },
    { 'given_back', 1, 'kernel fills, .*: writes byte %d+ of a block of 1024 bytes that was given back' },
    {
        'launch_error',
        1,
        'a stale launch error: nobody has looked whether the launch of fills failed %(it did%), and now sum_right is '
            .. 'launched',
    },
}

describe('the emulated CUDA device', function()
    setup(function()
        if not faults then
            pending 'needs the program tenmo-lua'
        end
    end)

    for _, case in ipairs(planted) do
        local fault, seed, message = case[1], case[2], case[3]
        it('catches ' .. fault .. ', seed ' .. seed, function()
            local said, status = run(fault, seed)
            assert.matches('^emulated CUDA: ', said)
            assert.matches(message, said)
            assert.equal(70, status, said)
        end)
    end

    it('lets pass what is right, whatever the order', function()
        for seed = 1, 8 do
            local said, status = run('nothing', seed)
            assert.equal('', said)
            assert.equal(0, status)
        end
    end)

    it('refuses copies that leave an allocation', function()
        assert.equal('invalid argument\n', (run 'copy_outside'))
    end)

    it('copies pinned memory as late as a busy GPU would', function()
        assert.equal('2\n', (run 'pinned_too_early'))
    end)

    it('is out of memory before the process is out of mappings', function()
        local said, status = program.run {
            '-e',
            "local all = {} for i = 1, 20000 do all[i] = tenmo.ones(1, { device = 'cuda' }) end",
            env = '-u TENMO_PLUGINS TENMO_CUDA_EMULATE=1',
        }
        assert.matches('ones: out of memory on cuda %(emulated%): 4 bytes asked for', said)
        assert.equal(1, status)
    end)

    -- Odd seeds guard memory behind blocks, even ones before them.
    for seed = 1, 2 do
        it('computes what the CPU computes, seed ' .. seed, function()
            local said, status = program.run {
                folder .. 'libtenmo-cuda-emulated.so',
                tostring(seed),
                program = folder .. 'c/compare_devices',
                env = 'TENMO_CUDA_SEED=' .. seed,
            }
            assert.matches('^cuda: emulated on the CPU, seed ' .. seed, said)
            assert.matches('\n%d+ passed, 0 failed, 0 skipped\n$', said)
            assert.equal(0, status)
        end)
    end
end)
