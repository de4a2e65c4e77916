# The sets of mlbench that bench/tables.ts takes, as FOLDER/SET.csv with the label in the last column; a missing cell is empty.

suppressPackageStartupMessages(library(mlbench))

folder <- commandArgs(TRUE)[1]
labels <- c(
  BreastCancer = "Class", DNA = "Class", Satellite = "classes", Sonar = "Class", Vehicle = "Class", Vowel = "Class", Zoo = "type"
)
for (set in names(labels)) {
  data(list = set)
  table <- get(set)
  # A patient's number tells nothing.
  others <- setdiff(names(table), c(labels[[set]], "Id"))
  write.csv(table[c(others, labels[[set]])], file.path(folder, paste0(set, ".csv")), row.names = FALSE, na = "")
}
