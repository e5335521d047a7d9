### Days and spans of time. Hours and minutes are written 14:02 everywhere.

time-date = { $weekday } { $day } { $month } { $time }
time-date-year = { $weekday } { $day } { $month } { $year } { $time }
time-weekday = { $number ->
    [1] Mon
    [2] Tue
    [3] Wed
    [4] Thu
    [5] Fri
    [6] Sat
   *[7] Sun
}
time-month = { $number ->
    [1] Jan
    [2] Feb
    [3] Mar
    [4] Apr
    [5] May
    [6] Jun
    [7] Jul
    [8] Aug
    [9] Sep
    [10] Oct
    [11] Nov
   *[12] Dec
}

time-seconds = { $seconds } s
time-minutes = { $minutes } min
time-hours = { $hours } h { $minutes } min
time-days = { $days ->
    [one] 1 day
   *[other] { $days } days
}
