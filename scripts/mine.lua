-- mine.lua: a network learns to predict a column of your own table. Copy it and make it yours.
--
--     tenmo-lua mine.lua --file weather.csv --target temp_max --hidden 64
local tenmo = require 'tenmo'
local nn = tenmo.nn

local flags = tenmo.flags {
    'mine.lua: a network learns to predict a column of a CSV file from the others.',
    { 'file', '', 'the CSV file' },
    { 'target', 'last', "the column to predict: its name, its position, or 'last'" },
    { 'task', 'auto', "'classify', 'regress', or 'auto': text and few whole numbers are classes" },
    { 'missing', 'fail', "rows that lack a value: 'fail', 'drop', or 'mean' to fill in the column's mean" },
    { 'test', 0.2, 'share of the rows that is kept to test' },
    { 'hidden', 32, 'width of the two layers within' },
    { 'epochs', 200, 'passes over the rows' },
    { 'batch', 32, 'rows in a step' },
    { 'lr', 0.01, 'learning rate' },
    { 'seed', 1, 'first weights, the split and the order of the rows' },
    { 'threads', 1, 'threads to compute with' },
    { 'device', 'cpu', 'where to compute' },
    { 'save', '', 'write the weights to this file (safetensors) at the end' },
}
tenmo.flags.start(flags) -- seed, threads, device
if flags.file == '' then
    error('which table? mine.lua --file yours.csv; --help shows the rest', 0)
end
local all, why = tenmo.data.csv(flags.file, {
    target = flags.target == 'last' and -1 or tonumber(flags.target) or flags.target,
    task = flags.task ~= 'auto' and flags.task or nil, missing = flags.missing,
})
all = all or error(why, 0)
local train, test = all:split { test = flags.test, seed = flags.seed }
train, test = train:to(flags.device), test:to(flags.device)
local classify = all.task == 'classify'
print(("%s '%s' from %d features: %d rows to train, %d to test"):format(all.task, all.target, #all.names,
    train.n, test.n))
if #all.left_out > 0 then
    print('left out (text, all different): ' .. table.concat(all.left_out, ', '))
end

local model = nn.Sequential(
    nn.Linear(#all.names, flags.hidden), nn.ReLU(),
    nn.Linear(flags.hidden, flags.hidden), nn.ReLU(),
    nn.Linear(flags.hidden, classify and #all.classes or 1)
):to(flags.device)
print(model)
local loss_of = classify and tenmo.cross_entropy or tenmo.mse_loss
local optimizer = tenmo.optim.AdamW(model:parameters(), { lr = flags.lr, weight_decay = 0.01 })

-- Right answers in per cent, or the error of a typical row in the column's own unit.
local function grade(part)
    return tenmo.no_grad(function()
        if classify then
            return ('%.1f %% right'):format(100 * model(part.x):argmax(-1):eq(part.y):float():mean():item())
        end
        return ('off by %.4g'):format(tenmo.mse_loss(model(part.x), part.y):item() ^ 0.5 * train.y_std)
    end)
end

local bar = tenmo.progress(flags.epochs, { label = 'learning', unit = 'epochs', keep = false })
for epoch in bar do
    for x, y in train:batches { batch = flags.batch, shuffle = true, seed = flags.seed, epoch = epoch } do
        local loss = loss_of(model(x), y)
        optimizer:zero_grad()
        loss:backward()
        optimizer:step()
        bar:show { loss = loss:item() }
    end
    if epoch % math.max(1, math.floor(flags.epochs / 10)) == 0 then
        bar:print(('epoch %4d  training rows %s, test rows %s'):format(epoch, grade(train), grade(test)))
    end
end

if classify then
    print('\n' .. tenmo.draw.confusion(test.y, model(test.x):argmax(-1), { names = all.classes }))
end
if flags.save ~= '' then
    assert(model:save(flags.save))
end
