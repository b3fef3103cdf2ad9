-- draw_spec.lua: pictures and tables as text.

local tenmo = require 'tenmo'
local tensors = require 'spec.support.tensors'
local draw = tenmo.draw

local PLAIN, COLOUR = { colour = false, width = 80 }, { colour = true, width = 80 }

describe('draw', function()
    it('shows an image by density, two rows a line', function()
        local image = tenmo.tensor { { 0, 1, 0.5 }, { 0, 1, 0.5 }, { 1, 0, 0 } }
        assert.equal(' @+\n@', draw(image, PLAIN))
    end)

    it('shows two pixels a character in colour', function()
        local image = tenmo.tensor({ { 0, 255 }, { 255, 0 } }, { dtype = 'uint8' })
        assert.equal('\27[38;5;16;48;5;231m▀\27[38;5;231;48;5;16m▀\27[0m', draw(image, COLOUR))
    end)

    it('takes red, green, blue', function()
        local image = tenmo.zeros(3, 1, 2)
        image[{ 1, 1, 1 }] = 1
        image[{ 3, 1, 2 }] = 1
        assert.equal('\27[38;5;196;48;5;16m▀\27[38;5;21;48;5;16m▀\27[0m', draw(image, COLOUR))
    end)

    it('takes low and high, one value, NaN, and views', function()
        assert.equal('+', draw(tenmo.full({ 2, 1 }, 5), { colour = false, low = 0, high = 10 }))
        assert.equal('', draw(tenmo.full({ 2, 3 }, 5), PLAIN))
        assert.equal(' @', draw(tenmo.tensor { { 0 / 0, 1 } }, { colour = false, low = 0, high = 1 }))
        assert.equal('@@', draw(tenmo.tensor { { 0, 1 }, { 0, 1 } }:t()[{ { 2 }, {} }], { colour = false, low = 0 }))
    end)

    it('makes a wide image fit', function()
        for line in (draw(tenmo.ones(64, 300), { colour = false, width = 40, low = 0 }) .. '\n'):gmatch '([^\n]*)\n' do
            assert.is_true(#line <= 40)
        end
    end)

    it('puts several side by side with captions, and goes on below', function()
        local bright, dark = tenmo.ones(2, 4), tenmo.zeros(4, 4)
        local options = { colour = false, low = 0, high = 1, captions = { 'one', 'nothing', 'three' }, width = 14 }
        assert.equal('one   nothing\n@@@@\n\nthree\n@@@@', draw.images({ bright, dark, bright }, options))
    end)

    it('explains what is no image', function()
        assert.equal('draw: expected an image (a tensor), got string', (tensors.failure(draw, 'x')))
        assert.equal('draw: expected an image (h, w), (1, h, w) or (3, h, w), got (2, 8, 8); x[i] takes one of several',
            (tensors.failure(draw, tenmo.zeros(2, 8, 8))))
        assert.equal('draw: the image is empty: (0, 8)', (tensors.failure(draw, tenmo.zeros(0, 8))))
    end)

    it('counts which class was taken for which', function()
        local names = { 'cat', 'dog' }
        assert.equal(table.concat({
            '      cat  dog   right',
            ' cat    2    1   66.7 %',
            ' dog    .    1  100.0 %',
        }, '\n'), draw.confusion(tenmo.ids { 0, 0, 0, 1 }, { 0, 1, 0, 1 }, { names = names, colour = false }))
        assert.same({ 'cat', 'dog' }, names)
        assert.matches('\27%[32m', draw.confusion({ 0, 1 }, { 0, 1 }, COLOUR))
        assert.equal('draw.confusion: 2 labels, but 1 guesses', (tensors.failure(draw.confusion, { 0, 1 }, { 0 })))
    end)

    it('shows the first images that were misread', function()
        local images = tenmo.tensor { { { 1 } }, { { 1 } }, { { 1 } } }
        local options = { colour = false, low = 0, high = 1, most = 1 }
        assert.equal('1, read as 2\n@', draw.misread(images, tenmo.ids { 0, 1, 1 }, tenmo.ids { 0, 2, 0 }, options))
        assert.is_nil(options.captions)
        assert.equal('nothing was misread', draw.misread(images, { 0, 1, 1 }, { 0, 1, 1 }))
    end)

    it('draws a function over the plane, and points on it', function()
        local x, y = tenmo.tensor { { 0, 0 }, { 1, 1 } }, tenmo.ids { 0, 1 }
        local function right_half(p)
            return p[{ {}, 1 }]:gt(0.5):float()
        end
        assert.equal('  .x\n  ..\no ..', draw.plane(right_half, x, y, { colour = false, columns = 4, rows = 3 }))
        local _, cells = draw.plane(right_half, x, y, { colour = true, columns = 4, rows = 3 }):gsub('▀', '')
        assert.equal(12, cells)
    end)
end)
