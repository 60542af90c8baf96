"""From a study to finished records: the campaign, its jobs and their scheduling."""
