# Sets of mlbench for bench/tables.ts: `FOLDER SET LABEL …` writes FOLDER/SET.csv, with the column LABEL last; a missing cell is empty.
# Ends with 3 where mlbench is not installed.

if (!requireNamespace("mlbench", quietly = TRUE)) quit(status = 3)
suppressPackageStartupMessages(library(mlbench))

arguments <- commandArgs(TRUE)
folder <- arguments[1]
pairs <- matrix(arguments[-1], nrow = 2)
for (k in seq_len(ncol(pairs))) {
  set <- pairs[1, k]
  label <- pairs[2, k]
  data(list = set)
  table <- get(set)
  # A patient's number tells nothing.
  others <- setdiff(names(table), c(label, "Id"))
  write.csv(table[c(others, label)], file.path(folder, paste0(set, ".csv")), row.names = FALSE, na = "")
}
