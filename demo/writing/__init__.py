"""The danmaku of the demo: written by hand, line by line, for what is seen; spread in time by a small program.

`<film>.txt` holds the lines:

    [scene]         from here on: this scene; seconds count from its beginning; a scene may come up again
    @2-5            from here on: lines that fall anywhere in these seconds
    @5.3!           from here on: lines that burst out after this moment and die away within three seconds
    @5.3!9          ... within the seconds up to 9
    text            one comment
    text *4         four viewers write the same (a line of laughter comes out in different lengths)
    >text           answers the line before it, a little later
    # text          a remark, not a comment

`stock.txt` holds what crowds say anywhere, by mood; a fixed number is sprinkled over every scene, the usual ones more
often, and more where more is going on.

`python -m demo.writing` builds demo/corpus/comments, corpus.json and SCENES.md from it; always the same.
"""
