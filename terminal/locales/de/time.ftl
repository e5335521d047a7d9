### Days and spans of time. Hours and minutes are written 14:02 everywhere.

time-date = { $weekday } { $day }. { $month } { $time }
time-date-year = { $weekday } { $day }. { $month } { $year } { $time }
time-weekday = { $number ->
    [1] Mo
    [2] Di
    [3] Mi
    [4] Do
    [5] Fr
    [6] Sa
   *[7] So
}
time-month = { $number ->
    [1] Jan.
    [2] Feb.
    [3] März
    [4] Apr.
    [5] Mai
    [6] Juni
    [7] Juli
    [8] Aug.
    [9] Sep.
    [10] Okt.
    [11] Nov.
   *[12] Dez.
}

time-seconds = { $seconds } s
time-minutes = { $minutes } min
time-hours = { $hours } h { $minutes } min
# "Vor 4 Tagen", but "4 Tage alt": the short form fits both.
time-days = { $days ->
    [one] 1 Tag
   *[other] { $days } d
}
