-- walk.lua: a story as lines: title, paragraph, heading, buffer and grid of `write` make text of what story.lua lists.
return function(story, write, lines)
    for _, section in ipairs(story) do
        lines[#lines + 1] = write.title(section.title, #lines == 0)
        for _, item in ipairs(section) do
            lines[#lines + 1] = type(item) == 'string' and write.paragraph(item)
                or item.heading and write.heading(item.heading)
                or item.buffer and write.buffer(item.buffer)
                or write.grid(item)
        end
    end
    return lines
end
