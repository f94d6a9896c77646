#!/usr/bin/env bash
# Makes the demonstration's lesson videos, the two test clips and index.ts. Run by hand; its output is committed.
# Needs ffmpeg (libx264, libvpx-vp9, libopus, libass), espeak-ng and the Noto Sans CJK fonts.
#
#   plugins/demo/media/make.sh     (about a minute)
#
# A lesson is scripts/ID.txt: "= title", then per chapter "# heading", "- bullet" lines and one "> narration" line.
# Every chapter starts on a whole second, and the whole lasts a whole number of seconds.
set -euo pipefail
cd "$(dirname "$0")"

lessons=(ethics:mp4 classroom:mp4 information:webm class-management:mp4 play:webm closing:mp4)
test_media=../../../test/support/media
fps=8
card_seconds=5     # the title card at the start
lead_ms=700        # silence before the narration of a chapter
pause_seconds=5    # time to read on after it
# "cmn" alone hands its own pinyin to the English voice in espeak-ng 1.51; this variant speaks it.
voice=cmn-latn-pinyin
words_per_minute=130
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

seconds_of() { ffprobe -v error -show_entries format=duration -of csv=p=0 "$1"; }
ass_time() { printf '%d:%02d:%02d.00' $(($1 / 3600)) $(($1 / 60 % 60)) $(($1 % 60)); }
clock() { printf '%02d:%02d' $(($1 / 60)) $(($1 % 60)); }
event() { printf 'Dialogue: 0,%s,%s,%s,,0,0,0,,%s\n' "$(ass_time "$1")" "$(ass_time "$2")" "$3" "$4"; }

ass_header() {
  cat <<'ASS'
[Script Info]
ScriptType: v4.00+
PlayResX: 854
PlayResY: 480
WrapStyle: 0
[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, OutlineColour, BackColour, Bold, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Bar,Noto Sans CJK SC,26,&H00FFFFFF,&H00000000,&H00000000,-1,0,0,7,0,0,0,1
Style: Tag,Noto Sans CJK SC,22,&H00FFE6D2,&H00000000,&H00000000,0,0,0,9,0,0,0,1
Style: Card,Noto Sans CJK SC,56,&H00552B14,&H00000000,&H00000000,-1,0,0,5,60,60,0,1
Style: Sub,Noto Sans CJK SC,28,&H00806450,&H00000000,&H00000000,0,0,0,5,60,60,0,1
Style: Head,Noto Sans CJK SC,46,&H00552B14,&H00000000,&H00000000,-1,0,0,7,0,0,0,1
Style: Item,Noto Sans CJK SC,36,&H00403228,&H00000000,&H00000000,0,0,0,7,0,0,0,1
Style: Clock,Noto Sans CJK SC,22,&H00806450,&H00000000,&H00000000,0,0,0,9,0,0,0,1
[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
ASS
}

# progress TOTAL: a bar that fills and a clock that ticks, so that a viewer sees the picture move.
progress() {
  local total=$1 second
  event 0 "$total" Bar "{\\pos(60,437)\\1c&HC06A20&\\p1\\fscx0\\t(0,$((total * 1000)),\\fscx100)}m 0 0 l 734 0 734 6 0 6"
  for ((second = 0; second < total; second++)); do
    event $second $((second + 1)) Clock "{\\pos(794,447)}$(clock $second) / $(clock "$total")"
  done
}

# render ASS WAV SECONDS OUTPUT
render() {
  local picture="drawbox=0:0:854:52:0x1f5fb4:fill,drawbox=60:437:734:6:0xd5dce6:fill,ass=$1"
  local input=(-v error -y -f lavfi -i "color=0xf7f9fc:s=854x480:r=$fps:d=$3" -i "$2" -vf "$picture" -t "$3"
    -ac 1 -map_metadata -1 -fflags +bitexact -flags:v +bitexact -flags:a +bitexact)
  if [[ $4 == *.mp4 ]]; then
    ffmpeg "${input[@]}" -c:v libx264 -profile:v main -preset veryslow -tune stillimage -crf 36 -pix_fmt yuv420p \
      -g $((2 * fps)) -keyint_min $((2 * fps)) -sc_threshold 0 -c:a aac -b:a 24k -ar 24000 -movflags +faststart "$4"
  else
    ffmpeg "${input[@]}" -c:v libvpx-vp9 -deadline good -cpu-used 2 -row-mt 1 -crf 47 -b:v 0 -pix_fmt yuv420p \
      -g $((2 * fps)) -c:a libopus -b:a 24k -ar 24000 -cues_to_front 1 "$4"
  fi
}

# lesson ID FORMAT: reads scripts/ID.txt, writes ID.FORMAT and ID's chapters to $work/ID.chapters ("second title")
lesson() {
  local id=$1 title='' line at=$card_seconds n=-1 i j step
  local -a heads=() items=() words=() lengths=()
  while IFS= read -r line; do
    case $line in
      '= '*) title=${line#= } ;;
      '# '*) n=$((n + 1)); heads[n]=${line#\# }; items[n]='' ;;
      '- '*) items[n]+="${line#- }"$'\n' ;;
      '> '*) words[n]=${line#> } ;;
    esac
  done < "scripts/$id.txt"

  ffmpeg -v error -y -f lavfi -i "aevalsrc=0.16*exp(-2*t)*sin(2*PI*523.25*t)+if(gt(t\,0.35)\,0.14*exp(-2*(t-0.35))*sin(2*PI*659.25*t)):s=24000:d=$card_seconds" "$work/part.wav"
  echo "file 'part.wav'" > "$work/list.txt"
  for ((i = 0; i <= n; i++)); do
    espeak-ng -v $voice -a 75 -s $words_per_minute -w "$work/say.wav" "${words[i]}"
    lengths[i]=$(awk -v d="$(seconds_of "$work/say.wav")" -v p=$pause_seconds 'BEGIN { printf "%d", d + p + 1.7 }')
    ffmpeg -v error -y -i "$work/say.wav" -af "adelay=$lead_ms,apad" -ar 24000 -t "${lengths[i]}" "$work/part$i.wav"
    echo "file 'part$i.wav'" >> "$work/list.txt"
  done
  ffmpeg -v error -y -f concat -i "$work/list.txt" "$work/sound.wav"

  local total=$card_seconds
  for ((i = 0; i <= n; i++)); do total=$((total + lengths[i])); done
  : > "$work/$id.chapters"
  {
    ass_header
    event 0 $total Bar "{\\pos(60,12)}$title"
    event 0 $total Tag '{\pos(794,14)}节选 · 学坊演示课'
    event 0 $card_seconds Card "{\\pos(427,215)\\fad(300,0)}${title//：/：\\N}"
    event 0 $card_seconds Sub "{\\pos(427,345)\\fad(600,0)}共 $((n + 1)) 节 · $(clock $total)"
    for ((i = 0; i <= n; i++)); do
      echo "$at ${heads[i]}" >> "$work/$id.chapters"
      event $at $((at + lengths[i])) Head "{\\pos(60,100)\\fad(250,0)}$((i + 1))  ${heads[i]}"
      step=0
      while IFS= read -r line; do
        [[ -n $line ]] || continue
        j=$((at + 1 + step * (lengths[i] - pause_seconds) / 4))
        event $j $((at + lengths[i])) Item "{\\pos(76,$((190 + 66 * step)))\\fad(250,0)}{\\1c&HC06A20&}■{\\1c&H403228&}  $line"
        step=$((step + 1))
      done <<< "${items[i]}"
      at=$((at + lengths[i]))
    done
    progress $total
  } > "$work/$id.ass"
  render "$work/$id.ass" "$work/sound.wav" $total "$id.$2"
}

# Twelve seconds with a clock and a soft tone, for tests.
test_clips() {
  mkdir -p "$test_media"
  { ass_header; event 0 12 Bar '{\pos(60,12)}Xuefang test clip'; progress 12; } > "$work/clip.ass"
  ffmpeg -v error -y -f lavfi -i 'sine=440:r=24000:d=12' -af volume=0.3 "$work/clip.wav"
  render "$work/clip.ass" "$work/clip.wav" 12 "$test_media/clip-12s.mp4"
  render "$work/clip.ass" "$work/clip.wav" 12 "$test_media/clip-12s.webm"
}

write_index() {
  local entry id file type seconds at title
  {
    echo '/** Written by make.sh from the files beside it: what each lesson video is. Times are whole seconds, rounded down. */'
    echo 'export interface MediaFile {'
    echo '  id: string; file: string; type: "video/mp4" | "video/webm"; seconds: number; bytes: number;'
    echo '  /** Where each chapter starts, and its heading on the slides. */'
    echo '  chapters: readonly { at: number; title: string }[];'
    echo '}'
    echo 'export const media = ['
    for entry in "${lessons[@]}"; do
      id=${entry%:*}; type=${entry#*:}; file=$id.$type
      seconds=$(seconds_of "$file")
      echo "  { id: '$id', file: '$file', type: 'video/$type', seconds: ${seconds%.*}, bytes: $(stat -c %s "$file"), chapters: ["
      while read -r at title; do echo "    { at: $at, title: '$title' },"; done < "$work/$id.chapters"
      echo '  ] },'
    done
    echo '] as const satisfies readonly MediaFile[];'
  } > index.ts
  (cd ../../.. && npx biome check --write plugins/demo/media/index.ts > "$work/biome.log" 2>&1) || cat "$work/biome.log"
}

for entry in "${lessons[@]}"; do lesson "${entry%:*}" "${entry#*:}"; done
test_clips
write_index
ls -l ./*.mp4 ./*.webm "$test_media"
